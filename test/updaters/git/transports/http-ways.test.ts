import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../../../src/lifecycle/clock.js'
import { discover } from '../../../../src/updaters/git/answer.js'
import type { GitErrorCode } from '../../../../src/updaters/git/errors.js'
import { openGitRepository } from '../../../../src/updaters/git/open.js'
import type { Access } from '../../../../src/updaters/git/transports/access.js'
import { openTransport } from '../../../../src/updaters/git/transports/open.js'
import { type Authority, type Certificate, startAuthority } from '../../../parts/authority.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { type GitServer, readFileAt, startGitServer } from '../../../parts/git-server.js'
import { type Nginx, startNginx } from '../../../parts/nginx.js'
import { type ProxyPart, startProxy } from '../../../parts/proxy.js'
import { details, gitError, never } from '../scene.js'

const LOGIN = { username: 'bot', password: 's3cret' }

let authority: Authority
let certificate: Certificate
let client: Certificate
let server: GitServer
let path: string
let folder: string
/** TLS in front of the server, and one that demands a client certificate. */
let front: Nginx
let demanding: Nginx

before(async () => {
  authority = await startAuthority()
  certificate = await authority.issue('IP:127.0.0.1')
  client = await authority.issue('DNS:client')
  server = await startGitServer({ credentials: LOGIN })
  path = (await server.create('fleet', { 'a.yaml': 'a: 0\n' })).path
  folder = await temporaryFolder('git-ways')
  const upstream = new URL(server.url).host
  front = await startNginx({ upstream, certificate })
  demanding = await startNginx({ upstream, certificate, clientCa: authority.ca })
})
after(async () => {
  for (const part of [front, demanding, server, authority]) await part.stop()
  await removeFolder(folder)
})

const urlAt = (nginx: Nginx) => `https://${nginx.host}/fleet.git`
const look = (url: string, access: Access = {}) =>
  discover(
    openTransport(url, { credentials: LOGIN, clock: systemClock, ...access }),
    'git-upload-pack',
    2,
    never.signal,
  )

let pushed = 0

/** Reads and pushes a commit. */
async function push(url: string, access: Access): Promise<void> {
  const text = `a: ${++pushed}\n`
  const repository = openGitRepository({ url, credentials: LOGIN, clock: systemClock, stateFolder: folder, ...access })
  const base = await repository.head('main', never)
  await repository.push(await repository.commit(base, [{ path: 'a.yaml', bytes: Buffer.from(text) }], details), never)
  assert.equal(String(await readFileAt(path, 'main', 'a.yaml')), text)
}

describe('a Git server behind TLS', () => {
  test('is read and pushed to where its authority is trusted', () => push(urlAt(front), { tls: { ca: authority.ca } }))

  test('is shown the client certificate that it demands', () =>
    push(urlAt(demanding), { tls: { ca: authority.ca, ...client } }))

  test('takes files that were renewed, without a restart', async () => {
    const ca = join(folder, 'ca.pem')
    const stranger = await startAuthority()
    await copyFile(stranger.ca, ca)
    const transport = openTransport(urlAt(front), { credentials: LOGIN, clock: systemClock, tls: { ca } })
    const again = () => discover(transport, 'git-upload-pack', 2, never.signal)
    await assert.rejects(again(), gitError('UNREACHABLE', true, /certificate/))
    await copyFile(authority.ca, ca)
    await again()
    await stranger.stop()
  })

  test('says what is wrong', async () => {
    const other = await startNginx({
      upstream: '127.0.0.1:1',
      certificate: await authority.issue('DNS:git.example.com'),
    })
    const tls = { ca: authority.ca }
    const CASES: readonly [url: string, access: Access, code: GitErrorCode, retryable: boolean, message: RegExp][] = [
      [
        urlAt(front),
        {},
        'UNREACHABLE',
        true,
        /^its certificate is of no trusted authority \(unable to verify the first certificate\)$/,
      ],
      [urlAt(other), { tls }, 'UNREACHABLE', true, /does not match certificate's altnames/],
      [urlAt(demanding), { tls }, 'INVALID_ANSWER', false, /^server answered 400/],
      [
        urlAt(front),
        { tls: { ca: '/nonexistent.pem' } },
        'UNAUTHORIZED',
        false,
        /^cannot read "\/nonexistent\.pem" \(ENOENT\)$/,
      ],
      [
        urlAt(front),
        { tls: { cert: client.cert, key: certificate.key } },
        'UNAUTHORIZED',
        false,
        /^cannot use ".*\.pem", ".*\.key"/,
      ],
      [server.url.replace('http:', 'https:'), {}, 'UNREACHABLE', true, /^server does not speak TLS$/],
    ]
    for (const [url, access, code, retryable, message] of CASES)
      await assert.rejects(look(url, access), gitError(code, retryable, message))
    await other.stop()
  })

  test('shows another origin neither the client certificate nor credentials', async (t) => {
    t.after(() => {
      server.before = () => undefined
    })
    const sendTo = (nginx: Nginx) => {
      server.before = ({ headers, path, query }) =>
        headers.host === front.host
          ? { status: 302, headers: { location: `https://${nginx.host}${path}?${query}` }, body: Buffer.alloc(0) }
          : undefined
    }
    const access = { tls: { ca: authority.ca, ...client } }
    sendTo(demanding)
    await assert.rejects(
      look(urlAt(front), access),
      gitError('INVALID_ANSWER', false, new RegExp(`answered 400 .* after a redirect to "https://${demanding.host}/`)),
    )
    const another = await startNginx({ upstream: new URL(server.url).host, certificate })
    t.after(() => another.stop())
    sendTo(another)
    await assert.rejects(
      look(urlAt(front), access),
      gitError('UNAUTHORIZED', false, /\(asked anonymously\) after a redirect/),
    )
    assert.equal(server.requests.at(-1)?.headers.authorization, undefined)
  })

  test('may not send us to where clouds keep secrets', async (t) => {
    t.after(() => {
      server.before = () => undefined
    })
    server.before = () => ({ status: 302, headers: { location: 'https://169.254.169.254/' }, body: Buffer.alloc(0) })
    await assert.rejects(
      look(urlAt(front), { tls: { ca: authority.ca } }),
      gitError(
        'INVALID_ANSWER',
        false,
        /^server redirects to "https:\/\/169\.254\.169\.254", which is at a reserved address$/,
      ),
    )
  })
})

describe('a proxy before a Git server', () => {
  let proxy: ProxyPart
  let url: string
  before(async () => {
    proxy = await startProxy({ login: 'me:p:w@', names: new URL(server.url).host })
    url = `${server.url}/fleet.git`
  })
  after(() => proxy.stop())
  const login = () => proxy.url.replace('//', '//me:p%3Aw%40@')

  test('opens a tunnel to one that speaks TLS', async () => {
    await push(urlAt(front), { proxy: login(), tls: { ca: authority.ca } })
    assert.deepEqual(new Set(proxy.passed.splice(0)), new Set([`CONNECT ${front.host}`]))
  })

  test('is asked by the whole URL where it does not', async () => {
    await push(url, { proxy: login() })
    const passed = proxy.passed.splice(0)
    assert.equal(passed[0], `GET ${url}/info/refs?service=git-upload-pack`)
    assert.equal(passed.at(-1), `POST ${url}/git-receive-pack`)
  })

  test('may be one of the environment, with exceptions', async () => {
    const away = 'http://git.localnet.example/fleet.git'
    await look(away, { proxies: { http: login(), except: 'other.example' } })
    assert.equal(proxy.passed.splice(0).length, 1)
    await look(url, { proxies: { http: login(), except: '' } })
    await look(urlAt(front), { tls: { ca: authority.ca }, proxies: { https: login(), except: '127.0.0.1' } })
    assert.deepEqual(proxy.passed, [])
  })

  test('may speak TLS itself', async (t) => {
    const secure = await startProxy({ certificate, login: 'me:secret' })
    t.after(() => secure.stop())
    const access = { proxy: secure.url.replace('//', '//me:secret@'), tls: { ca: authority.ca } }
    await look(urlAt(front), access)
    await look(url, access)
    assert.deepEqual(
      secure.passed.map((line) => line.split(' ', 1)[0]),
      ['CONNECT', 'GET'],
    )
    await assert.rejects(look(url, { proxy: secure.url }), gitError('UNREACHABLE', true, /^proxy "https:.*certificate/))
  })

  test('is named where it refuses, and no password is shown', async () => {
    const tls = { ca: authority.ca }
    const wrong = proxy.url.replace('//', '//me:wr0ng@')
    for (const target of [url, urlAt(front)]) {
      await assert.rejects(look(target, { proxy: proxy.url, tls }), (error: Error) => {
        assert.equal(error.message, `proxy "${proxy.url}" answered 407: it wants a user name and password`)
        return gitError('UNAUTHORIZED', false)(error)
      })
      await assert.rejects(look(target, { proxy: wrong, tls }), (error: Error) => {
        assert.equal(error.message, `proxy "${proxy.url}" answered 407: it refused the user name and password`)
        return gitError('UNAUTHORIZED', false)(error)
      })
    }
  })

  test('is named where it hangs up', async (t) => {
    const abrupt = createServer((socket) => void socket.once('data', () => socket.destroy()))
    await new Promise<void>((resolve) => abrupt.listen(0, '127.0.0.1', resolve))
    t.after(() => abrupt.close())
    const { port } = abrupt.address() as AddressInfo
    const asked = look(urlAt(front), { proxy: `http://me:wr0ng@127.0.0.1:${port}` })
    await assert.rejects(asked, gitError('UNREACHABLE', true, /^proxy "http:\/\/127.0.0.1:\d+" opened no tunnel \(/))
  })
})

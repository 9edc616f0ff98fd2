import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { discover } from '../../../../src/updaters/git/answer.js'
import type { GitErrorCode } from '../../../../src/updaters/git/errors.js'
import { openGitRepository } from '../../../../src/updaters/git/open.js'
import type { GitHubAppLogin } from '../../../../src/updaters/git/transports/access.js'
import { githubApi } from '../../../../src/updaters/git/transports/github-token.js'
import { openTransport } from '../../../../src/updaters/git/transports/open.js'
import type { Transport } from '../../../../src/updaters/git/transports/transport.js'
import { eventually } from '../../../parts/eventually.js'
import { type FakeGitHub, startGitHub } from '../../../parts/fakes/github.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { readFileAt } from '../../../parts/git-server.js'
import { type ManualClock, manualClock } from '../../../parts/manual-clock.js'
import { details, gitError, never } from '../scene.js'

type App = GitHubAppLogin['githubApp']

const HOUR_MS = 3_600_000

describe('a GitHub App', () => {
  let github: FakeGitHub
  let clock: ManualClock
  let folder: string
  let url: string
  let path: string
  before(async () => {
    clock = manualClock()
    github = await startGitHub({ now: () => clock.now(), lifetimeMs: HOUR_MS })
    folder = await temporaryFolder('github-app')
    const created = await github.server.create('fleet', { 'a.yaml': 'a: 1\n' })
    url = created.url
    path = created.path
  })
  beforeEach(() => {
    github.instead = () => undefined
  })
  after(async () => {
    await github.server.stop()
    await removeFolder(folder)
  })

  const open = (app: App = github.app): Transport => openTransport(url, { credentials: { githubApp: app }, clock })
  const look = (transport: Transport, signal = never.signal) => discover(transport, 'git-upload-pack', 2, signal)
  const issuedBy = async (work: () => Promise<unknown>): Promise<number> => {
    const before = github.issued.length
    await work()
    return github.issued.length - before
  }

  test('reads and pushes by one token', async () => {
    const repository = openGitRepository({ url, stateFolder: folder, clock, credentials: { githubApp: github.app } })
    const issued = await issuedBy(async () => {
      const change = [{ path: 'a.yaml', bytes: Buffer.from('a: 2\n') }]
      await repository.push(await repository.commit(await repository.head('main', never), change, details), never)
    })
    assert.equal(issued, 1)
    assert.equal(String(await readFileAt(path, 'main', 'a.yaml')), 'a: 2\n')
  })

  test('takes its key in either form, from a file or as text', async () => {
    const file = join(folder, 'app.pem')
    await writeFile(file, github.app.key.text)
    for (const key of [github.app.key, { text: github.pkcs8 }, { file }])
      assert.equal(await issuedBy(() => look(open({ ...github.app, key }))), 1)
  })

  test('asks for one token, however many wait for it', async () => {
    const transport = open()
    assert.equal(await issuedBy(() => Promise.all(Array.from({ length: 20 }, () => look(transport)))), 1)
  })

  test('renews a token before it expires', async () => {
    const transport = open()
    await look(transport)
    await clock.advance(HOUR_MS * 0.9 - 1)
    assert.equal(await issuedBy(() => look(transport)), 0)
    await clock.advance(1)
    assert.equal(await issuedBy(() => look(transport)), 1)
  })

  test('keeps a token that still holds while there is no other to be had', async () => {
    const transport = open()
    await look(transport)
    await clock.advance(HOUR_MS * 0.95)
    github.instead = () => ({ status: 403, headers: {}, body: Buffer.alloc(0) })
    await assert.rejects(look(transport), gitError('UNAUTHORIZED', false, /answered 403/))
    github.instead = () => ({ status: 503, headers: {}, body: Buffer.alloc(0) })
    await look(transport)
    await clock.advance(HOUR_MS * 0.05)
    await assert.rejects(look(transport), gitError('UNREACHABLE', true, /answered 503/))
  })

  test('renews a refused token once', async () => {
    const transport = open()
    await look(transport)
    github.revoke()
    assert.equal(await issuedBy(() => Promise.all([look(transport), look(transport), look(transport)])), 1)

    const { before: allowed } = github.server
    github.server.before = (request) =>
      request.path.startsWith('/api/') ? allowed(request) : { status: 401, headers: {}, body: Buffer.alloc(0) }
    const refused = assert.rejects(look(transport), gitError('UNAUTHORIZED', false, /asked with the configured/))
    assert.equal(await issuedBy(() => refused), 1)
    github.server.before = allowed
  })

  test('does not go back to a refused token where there is no other to be had', async () => {
    const transport = open()
    await look(transport)
    github.revoke()
    github.instead = () => ({ status: 503, headers: {}, body: Buffer.alloc(0) })
    await assert.rejects(look(transport), gitError('UNREACHABLE', true, /answered 503/))
  })

  test('conceals the token and the one before', async () => {
    const transport = open()
    await look(transport)
    await clock.advance(HOUR_MS)
    await look(transport)
    const [old, current] = github.issued.slice(-2)
    const encoded = Buffer.from(`x-access-token:${current}`).toString('base64')
    assert.equal(transport.conceal(`no ${old}, ${current}, ${encoded}`), 'no ***, ***, ***')
  })

  test('lets one go who waits, and asks anew when all have gone', async () => {
    const reason = new Error('stopping')
    const [one, other] = [new AbortController(), new AbortController()]
    const transport = open()
    const looks = [look(transport, one.signal), look(transport)]
    one.abort(reason)
    assert.deepEqual(
      (await Promise.allSettled(looks)).map(({ status }) => status),
      ['rejected', 'fulfilled'],
    )

    github.instead = () => ({ status: 201, headers: {}, body: Buffer.from('{'), hang: true })
    const [next, requests] = [open(), github.server.requests.length]
    const waiting = look(next, other.signal)
    await eventually('the token is asked for', () => github.server.requests.length > requests)
    other.abort(reason)
    await assert.rejects(waiting, reason)
    github.instead = () => undefined
    assert.equal(await issuedBy(() => look(next)), 1)
  })

  const ecKey = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
    type: 'pkcs1',
    format: 'pem',
  })
  const CASES: readonly [what: string, app: Partial<App>, message: RegExp][] = [
    [
      'another key',
      { key: { text: String(stranger) } },
      /answered 401 A JSON web token could not be decoded \(the key is not this app's, or the clock is wrong\)$/,
    ],
    [
      'another id',
      { id: '1' },
      /of GitHub app "1" from "http:\/\/127\.0\.0\.1:\d+": server answered 404 Integration not found \(no such app/,
    ],
    [
      'another installation',
      { installation: '1' },
      /answered 404 Not Found \(no such app, or it has no such installation\)$/,
    ],
    ['a path for an installation', { installation: '../x' }, /answered 404/],
    [
      'a key that is none',
      { key: { text: 'hunter2' } },
      /the private key of the GitHub app is not one in PEM without a passphrase/,
    ],
    ['a key of another kind', { key: { text: ecKey.privateKey } }, /is ec and not RSA$/],
    [
      'a key that is not there',
      { key: { file: '/nonexistent/app.pem' } },
      /"\/nonexistent\/app\.pem" of the GitHub app cannot be read \(ENOENT\)$/,
    ],
  ]
  for (const [what, app, message] of CASES)
    test(`is refused with ${what}`, async () => {
      await assert.rejects(look(open({ ...github.app, ...app })), (error: Error) => {
        assert.doesNotMatch(error.message, /hunter2|PRIVATE|eyJ/)
        return gitError('UNAUTHORIZED', false, message)(error)
      })
    })

  const answer = (status: number, body: string, headers = {}) => ({ status, headers, body: Buffer.from(body) })
  const ANSWERS: readonly [ReturnType<typeof answer>, GitErrorCode, boolean, RegExp][] = [
    [
      answer(403, '{"message":"This installation has been\\u001b suspended"}'),
      'UNAUTHORIZED',
      false,
      /403 This installation has been {2}suspended$/,
    ],
    [answer(429, ''), 'UNREACHABLE', true, /429 Too Many Requests$/],
    [answer(403, '{"message":"slow down"}', { 'retry-after': '60' }), 'UNREACHABLE', true, /403 slow down$/],
    [answer(403, '', { 'x-ratelimit-remaining': '0' }), 'UNREACHABLE', true, /403 Forbidden$/],
    [answer(201, 'null'), 'INVALID_ANSWER', false, /201 without a token and its end$/],
    [
      answer(201, '{"token":"a\\r\\nb","expires_at":"2099-01-01T00:00:00Z"}'),
      'INVALID_ANSWER',
      false,
      /without a token/,
    ],
    [answer(201, '{"token":"a","expires_at":"soon"}'), 'INVALID_ANSWER', false, /without a token/],
    [answer(201, ' '.repeat(300_000)), 'TOO_LARGE', false, /more than 262144 bytes$/],
    [answer(302, ''), 'UNAUTHORIZED', false, /answered 302/],
  ]
  for (const [given, code, retryable, message] of ANSWERS)
    test(`${given.status} ${String(given.body).slice(0, 40)} is ${code}`, async () => {
      github.instead = () => given
      await assert.rejects(look(open()), gitError(code, retryable, message))
    })
})

test('a token that nobody waits for any more is not asked for any longer', async (t) => {
  let [asked, closed] = [false, false]
  const silent = createServer((request) => {
    asked = true
    request.once('close', () => {
      closed = true
    })
  })
  t.after(() => silent.close())
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/fleet.git`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const key = { text: String(privateKey.export({ type: 'pkcs1', format: 'pem' })) }
  const transport = openTransport(url, {
    credentials: { githubApp: { id: '1', installation: '2', key } },
    clock: manualClock(),
  })
  const controller = new AbortController()
  const looking = discover(transport, 'git-upload-pack', 2, controller.signal)
  await eventually('it is asked for', () => asked)
  controller.abort(new Error('stopping'))
  await assert.rejects(looking, /^Error: stopping$/)
  await eventually('the request is closed', () => closed)
})

const APIS: readonly [url: string, api: string][] = [
  ['https://github.com/acme/fleet.git', 'https://api.github.com'],
  ['https://www.github.com/acme/fleet', 'https://api.github.com'],
  ['https://acme.ghe.com/acme/fleet', 'https://api.acme.ghe.com'],
  ['https://git.example.com:8443/acme/fleet', 'https://git.example.com:8443/api/v3'],
  ['https://notgithub.com/acme/fleet', 'https://notgithub.com/api/v3'],
]
for (const [url, api] of APIS) test(`the API for ${url} is ${api}`, () => assert.equal(githubApi(new URL(url)), api))

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { type HostSettings, ociRegistry } from '../../../src/watchers/registry/oci.js'
import { type Authority, type Certificate, startAuthority } from '../../parts/authority.js'
import { type RegistryPart, startDockerRegistry } from '../../parts/docker-registry.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { pushImage } from '../../parts/image.js'
import { type Nginx, type NginxOptions, startNginx } from '../../parts/nginx.js'
import { type ProxyPart, startProxy } from '../../parts/proxy.js'
import { json, startOddServer } from './odd-server.js'

const { signal } = new AbortController()
const DIGEST = /^sha256:[0-9a-f]{64}$/

let authority: Authority
let upstream: RegistryPart
let certificate: Certificate
let folder: string
const fronts: Nginx[] = []

before(async () => {
  authority = await startAuthority()
  upstream = await startDockerRegistry()
  certificate = await authority.issue('IP:127.0.0.1')
  folder = await temporaryFolder('tls')
  await pushImage(upstream, 'team/app', '1.0.0')
})
after(async () => {
  for (const front of fronts) await front.stop()
  await upstream.stop()
  await authority.stop()
  await removeFolder(folder)
})

async function front(options: Partial<NginxOptions> = {}): Promise<Nginx> {
  const nginx = await startNginx({ upstream: upstream.host, certificate, ...options })
  fronts.push(nginx)
  return nginx
}

/** The digest of the image at a host, asked with these settings. */
async function resolve(host: string, settings: Partial<HostSettings>, proxies = { except: '' }) {
  const hosts = () => ({ plainHttp: false, ...settings })
  const bounds = { answerMs: 1_000, exchangeMs: 1_000 }
  const registry = ociRegistry({ hosts, clock: systemClock, userAgent: 'test', proxies, bounds })
  try {
    const repository = parseRepository(`${host}/team/app`)
    const listing = await registry.listTags(repository, { signal })
    assert.deepEqual(listing.changed && listing.tags, ['1.0.0'])
    return await registry.resolveDigest(repository, '1.0.0', { signal })
  } finally {
    await registry.stop()
  }
}

describe('a registry behind TLS with a private authority', () => {
  let nginx: Nginx
  before(async () => {
    nginx = await front()
  })

  it('is asked where its authority is trusted', async () => {
    assert.match((await resolve(nginx.host, { tls: { ca: authority.ca } })) ?? '', DIGEST)
  })

  it('is refused where it is not, and nothing is asked without TLS', async () => {
    await assert.rejects(resolve(nginx.host, {}), { code: 'UNREACHABLE', message: /certificate/ })
  })

  it('is asked instead of the host that it is the endpoint of', async () => {
    const endpoint = `https://${nginx.host}`
    assert.match((await resolve('ghcr.io', { endpoint, tls: { ca: authority.ca } })) ?? '', DIGEST)
  })

  it('is refused with a certificate of another name', async () => {
    const other = await front({ certificate: await authority.issue('DNS:registry.example.com') })
    await assert.rejects(resolve(other.host, { tls: { ca: authority.ca } }), {
      code: 'UNREACHABLE',
      message: /does not match certificate's altnames/,
    })
  })

  it('is refused with an expired certificate', async () => {
    const expired = await front({ certificate: await authority.issue('IP:127.0.0.1', { expired: true }) })
    await assert.rejects(resolve(expired.host, { tls: { ca: authority.ca } }), {
      code: 'UNREACHABLE',
      message: /certificate has expired/,
    })
  })

  it('takes files that were renewed, without a restart', async () => {
    const ca = join(folder, 'ca.pem')
    const hosts = () => ({ plainHttp: false, tls: { ca } })
    const registry = ociRegistry({ hosts, clock: systemClock, userAgent: 'test' })
    const repository = parseRepository(`${nginx.host}/team/app`)
    const list = () => registry.listTags(repository, { signal })
    const stranger = await startAuthority()
    await copyFile(stranger.ca, ca)
    await assert.rejects(list(), { code: 'UNREACHABLE' })
    await copyFile(authority.ca, ca)
    assert.equal((await list()).changed, true)
    await registry.stop()
    await stranger.stop()
  })

  it('says which file cannot be used', async () => {
    const empty = join(folder, 'empty.pem')
    await writeFile(empty, '')
    const stranger = await authority.issue('DNS:stranger')
    const CASES = [
      [{ ca: join(folder, 'absent.pem') }, /cannot read ".*absent\.pem" \(ENOENT\)/],
      [{ ca: empty }, /".*empty\.pem" has no PEM certificate/],
      [{ cert: empty, key: certificate.key }, /".*empty\.pem" has no PEM certificate/],
      [{ cert: certificate.cert, key: empty }, /".*empty\.pem" has no PEM private key/],
      [{ cert: certificate.cert, key: stranger.key }, /cannot use ".*\.pem", ".*\.key"/],
    ] as const
    for (const [tls, message] of CASES) {
      await assert.rejects(resolve(nginx.host, { tls }), { code: 'CREDENTIALS', message })
    }
  })
})

describe('a registry that demands a client certificate', () => {
  let nginx: Nginx
  before(async () => {
    nginx = await front({ clientCa: authority.ca })
  })

  it('is shown it', async () => {
    const { cert, key } = await authority.issue('DNS:client')
    assert.match((await resolve(nginx.host, { tls: { ca: authority.ca, cert, key } })) ?? '', DIGEST)
  })

  it('says so where there is none', async () => {
    const refused = { code: 'INVALID_ANSWER', message: /registry answered 400/ }
    await assert.rejects(resolve(nginx.host, { tls: { ca: authority.ca } }), refused)
  })
})

describe('a registry behind a proxy', () => {
  let nginx: Nginx
  let proxy: ProxyPart
  before(async () => {
    nginx = await front()
    proxy = await startProxy({ login: 'me:p:w@' })
  })
  after(() => proxy.stop())
  const login = () => proxy.url.replace('//', '//me:p%3Aw%40@')

  it('is asked through a tunnel where it speaks TLS', async () => {
    assert.match((await resolve(nginx.host, { proxy: login(), tls: { ca: authority.ca } })) ?? '', DIGEST)
    assert.deepEqual(proxy.passed.splice(0), [`CONNECT ${nginx.host}`])
  })

  it('is asked by its whole URL where it does not', async () => {
    assert.match((await resolve(upstream.host, { plainHttp: true, proxy: login() })) ?? '', DIGEST)
    assert.deepEqual(proxy.passed.splice(0), [
      `GET http://${upstream.host}/v2/team/app/tags/list?n=1000`,
      `HEAD http://${upstream.host}/v2/team/app/manifests/1.0.0`,
    ])
  })

  it('is not asked through one of the environment on this machine', async () => {
    const proxies = { http: login(), https: login(), except: '' }
    assert.match((await resolve(nginx.host, { tls: { ca: authority.ca } }, proxies)) ?? '', DIGEST)
    assert.deepEqual(proxy.passed, [])
  })

  it('is asked through one that speaks TLS itself, whose authority is trusted like its own', async (t) => {
    const secure = await startProxy({ certificate, login: 'me:secret' })
    t.after(() => secure.stop())
    const settings = { proxy: secure.url.replace('//', '//me:secret@'), tls: { ca: authority.ca } }
    assert.match((await resolve(nginx.host, settings)) ?? '', DIGEST)
    assert.match((await resolve(upstream.host, { ...settings, plainHttp: true })) ?? '', DIGEST)
    assert.deepEqual(
      secure.passed.map((line) => line.split(' ', 1)[0]),
      ['CONNECT', 'GET', 'HEAD'],
    )
  })

  it('is not to blame for a proxy that cannot be reached or trusted', async (t) => {
    const secure = await startProxy({ certificate })
    const gone = await startProxy()
    await gone.stop()
    t.after(() => secure.stop())
    const CASES = [
      [secure.url, /certificate/],
      [proxy.url.replace('http', 'https'), /it does not speak TLS\)/],
      [gone.url, /ECONNREFUSED/],
    ] as const
    for (const [url, reason] of CASES) {
      for (const [host, plainHttp] of [
        [nginx.host, false],
        [upstream.host, true],
      ] as const) {
        await assert.rejects(resolve(host, { proxy: url, plainHttp }), (error: Error) => {
          assert.ok(error.message.includes(`(proxy "${url}" cannot be reached`), error.message)
          assert.match(error.message, reason)
          return true
        })
      }
    }
  })

  it('does not wait for a proxy that says nothing', async (t) => {
    const silent = createServer((socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1')
    t.after(() => silent.close())
    await once(silent, 'listening')
    const { port } = Object(silent.address())
    const refused = { code: 'UNREACHABLE', retryable: true, message: /no connection within 1000 ms/ }
    const settings = { plainHttp: true, proxy: `https://127.0.0.1:${port}` }
    await assert.rejects(resolve(upstream.host, settings), refused)
  })

  it('may send us to this machine from there only, by the proxy all the same', async (t) => {
    const nearby = await startOddServer((_, response) => json(response, { tags: ['1.0.0'] }), '127.0.0.2')
    const sending = await startOddServer((_, response) => response.writeHead(307, { location: nearby.url }).end())
    const reaching = await startProxy({ names: sending.host })
    t.after(() => Promise.all([nearby, sending, reaching].map((part) => part.stop())))
    const settings = { plainHttp: true, proxy: reaching.url }
    await assert.rejects(resolve('registry.example.com', settings), {
      code: 'REFUSED_TARGET',
      message: /127\.0\.0\.2:[0-9]+" is at a loopback address$/,
    })
    assert.equal(reaching.passed.splice(0).length, 1)
    await assert.rejects(resolve(sending.host, settings), { code: 'INVALID_ANSWER' })
    assert.deepEqual(reaching.passed.slice(0, 2), [
      `GET http://${sending.host}/v2/team/app/tags/list?n=1000`,
      `GET ${nearby.url}/`,
    ])
  })

  it('is told apart from a proxy that refuses, and no password is shown', async () => {
    const wrong = proxy.url.replace('//', '//me:wr0ng@')
    await assert.rejects(resolve(nginx.host, { proxy: wrong, tls: { ca: authority.ca } }), (error: Error) => {
      assert.match(error.message, new RegExp(`proxy "${proxy.url}" answered 407`))
      assert.doesNotMatch(error.message, /wr0ng/)
      return true
    })
  })

  it('does not wait for a proxy that opens no tunnel', async () => {
    const hanging = await startProxy({ hangs: true })
    const refused = { code: 'UNREACHABLE', retryable: true, message: /opened none within 1000 ms/ }
    await assert.rejects(resolve(nginx.host, { proxy: hanging.url }), refused)
    await hanging.stop()
  })
})

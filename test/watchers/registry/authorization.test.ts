import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import type { CredentialSource } from '../../../src/watchers/registry/credential-source.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { Registry } from '../../../src/watchers/registry/registry.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { type ManualClock, manualClock } from '../../parts/manual-clock.js'
import { json, type OddAnswer, type OddRequest, type OddServer, startOddServer } from './odd-server.js'

const { signal } = new AbortController()
const CREDENTIALS = { username: 'ci', password: 'secret' }
const BASIC = `Basic ${Buffer.from('ci:secret').toString('base64')}`

let clock: ManualClock
let registries: Registry[]
let servers: OddServer[]

beforeEach(() => {
  clock = manualClock()
  registries = []
  servers = []
})
afterEach(async () => {
  await Promise.all(registries.map((registry) => registry.stop()))
  await Promise.all(servers.map((server) => server.stop()))
})

async function serve(answer: OddAnswer, address?: string): Promise<OddServer> {
  const server = await startOddServer(answer, address)
  servers.push(server)
  return server
}

/** A registry that wants one of `tokens`, as the token servers below hand them out one after the other. */
function bearerRegistry(
  realm: () => string,
  accepts: (authorization: string | undefined) => boolean,
): Promise<OddServer> {
  return serve(({ authorization }, response) => {
    if (accepts(authorization)) return json(response, { tags: ['a'] })
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm()}",service="s",scope="*"` }).end()
  })
}

/** Hands out `token-1`, `token-2`, and so on. */
function tokenServer(more: object = {}, address?: string): Promise<OddServer> {
  let count = 0
  return serve((_, response) => json(response, { token: `token-${++count}`, ...more }), address)
}

function lister(server: OddServer, credentials?: CredentialSource) {
  const registry = ociRegistry({ hosts: () => ({ plainHttp: true, credentials }), clock, userAgent: 'test' })
  registries.push(registry)
  const repository = parseRepository(`${server.host}/team/app`)
  return () => registry.listTags(repository, { signal })
}

const authorizations = ({ requests }: OddServer) => requests.map(({ authorization }: OddRequest) => authorization)

describe('a token', () => {
  it('is asked for once by many at a time', async () => {
    const tokens = await tokenServer()
    const server = await bearerRegistry(
      () => tokens.url,
      (given) => given === 'Bearer token-1',
    )
    const list = lister(server)
    await Promise.all(Array.from({ length: 20 }, list))
    assert.equal(tokens.requests.length, 1)
  })

  const LIFETIMES: readonly [name: string, answer: object, usedForS: number][] = [
    ['as long as it was given for', { expires_in: 300 }, 270],
    ['a minute where nothing was said', {}, 54],
    ['a minute at least', { expires_in: 1 }, 54],
    ['an hour at most', { expires_in: 10 ** 9 }, 3_240],
  ]
  for (const [name, answer, usedForS] of LIFETIMES) {
    it(`is used for ${name}, less a tenth`, async () => {
      const tokens = await tokenServer(answer)
      const server = await bearerRegistry(
        () => tokens.url,
        (given) => given !== undefined,
      )
      const list = lister(server)
      await list()
      await clock.advance(usedForS * 1_000 - 1)
      await list()
      assert.equal(tokens.requests.length, 1)
      await clock.advance(1)
      await list()
      assert.deepEqual(authorizations(server), [undefined, 'Bearer token-1', 'Bearer token-1', 'Bearer token-2'])
    })
  }

  it('is asked for anew where the registry refuses it early', async () => {
    const tokens = await tokenServer()
    let accepted = 'Bearer token-1'
    const server = await bearerRegistry(
      () => tokens.url,
      (given) => given === accepted,
    )
    const list = lister(server)
    await list()
    accepted = 'Bearer token-2'
    await list()
    assert.deepEqual(authorizations(server).slice(2), ['Bearer token-1', undefined, 'Bearer token-2'])
  })

  // aws/containers-roadmap#2835: the public registry of Amazon ECR.
  it('is asked for anew where the registry refuses it by 400', async () => {
    const tokens = await tokenServer()
    let accepted = 'Bearer token-1'
    const server = await serve(({ authorization }, response) => {
      if (authorization === accepted) return json(response, { tags: ['a'] })
      const challenge = { 'www-authenticate': `Bearer realm="${tokens.url}",service="s",scope="aws"` }
      if (authorization === undefined) return response.writeHead(401, challenge).end()
      response.writeHead(400).end('{"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}')
    })
    const list = lister(server)
    await list()
    accepted = 'Bearer token-2'
    await list()
    assert.deepEqual(authorizations(server).slice(2), ['Bearer token-1', undefined, 'Bearer token-2'])
  })

  it('that is refused again and again ends in an error', async () => {
    const tokens = await tokenServer()
    const server = await bearerRegistry(
      () => tokens.url,
      () => false,
    )
    const list = lister(server)
    await assert.rejects(list, { code: 'UNAUTHORIZED' })
    await assert.rejects(list, { code: 'UNAUTHORIZED' })
    assert.equal(server.requests.length, 2 + 3)
  })

  it('is also taken as access_token', async () => {
    const tokens = await serve((_, response) => json(response, { access_token: 'x' }))
    const server = await bearerRegistry(
      () => tokens.url,
      (given) => given === 'Bearer x',
    )
    assert.equal((await lister(server)()).changed, true)
  })

  const BAD: readonly [name: string, answer: OddAnswer, code: string][] = [
    ['none', (_, response) => json(response, {}), 'INVALID_ANSWER'],
    ['one of several lines', (_, response) => json(response, { token: 'a\r\nx: y' }), 'INVALID_ANSWER'],
    ['a huge answer', (_, response) => json(response, { token: 'x'.repeat(70_000) }), 'TOO_LARGE'],
    ['a huge token', (_, response) => json(response, { token: 'x'.repeat(20_000) }), 'INVALID_ANSWER'],
    ['a refusal for now', (_, response) => response.writeHead(429).end(), 'RATE_LIMITED'],
    [
      'another host',
      (_, response) => response.writeHead(307, { location: 'http://127.0.0.2:1/' }).end(),
      'REFUSED_TARGET',
    ],
  ]
  for (const [name, answer, code] of BAD) {
    it(`is not had from a server that answers ${name}`, async () => {
      const tokens = await serve(answer)
      const server = await bearerRegistry(
        () => tokens.url,
        () => false,
      )
      await assert.rejects(lister(server), { code })
    })
  }
})

describe('credentials', () => {
  it('are shown to a token server of the same host', async () => {
    const tokens = await tokenServer()
    const server = await bearerRegistry(
      () => `${tokens.url}/?account=x`,
      (given) => given === 'Bearer token-1',
    )
    await lister(server, CREDENTIALS)()
    assert.deepEqual(authorizations(tokens), [BASIC])
    assert.equal(tokens.requests[0]?.path, '/?account=x&service=s&scope=repository%3Ateam%2Fapp%3Apull')
  })

  it('are not shown to a token server of another host', async () => {
    const tokens = await tokenServer({}, '127.0.0.2')
    const server = await bearerRegistry(
      () => `${tokens.url}/token?secret=x`,
      () => false,
    )
    await assert.rejects(lister(server, CREDENTIALS), {
      code: 'REFUSED_TARGET',
      message: `Cannot list tags of "${server.host}/team/app": token realm "${tokens.url}/token" may not see the credentials`,
    })
    assert.deepEqual(tokens.requests, [])
  })

  it('are not missed by a token server of another host that gives tokens to anybody', async () => {
    const tokens = await tokenServer({}, '127.0.0.2')
    const server = await bearerRegistry(
      () => tokens.url,
      (given) => given === 'Bearer token-1',
    )
    assert.equal((await lister(server)()).changed, true)
  })

  it('are left behind by a redirect to another host, and its challenge is not answered', async () => {
    const other = await serve(
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
      '127.0.0.2',
    )
    const server = await serve(({ authorization }, response) => {
      if (authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      else response.writeHead(307, { location: `${other.url}/tags` }).end()
    })
    await assert.rejects(lister(server, CREDENTIALS), { code: 'UNAUTHORIZED' })
    assert.deepEqual(authorizations(server), [undefined, BASIC])
    assert.deepEqual(authorizations(other), [undefined])
  })

  it('go along with a redirect within the host', async () => {
    const server = await serve(({ authorization, path }, response) => {
      if (authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      else if (path.startsWith('/v2/')) response.writeHead(301, { location: '/moved' }).end()
      else json(response, { tags: ['a'] })
    })
    assert.equal((await lister(server, CREDENTIALS)()).changed, true)
    assert.deepEqual(authorizations(server), [undefined, BASIC, BASIC])
  })

  it('are shown after the last challenge that they answer, Harbor offering Bearer only to those who show nothing', async () => {
    const tokens = await tokenServer()
    let accepted = 'Bearer token-1'
    const server = await serve(({ authorization }, response) => {
      if (authorization === accepted) return json(response, { tags: ['a'] })
      const bearer = `Bearer realm="${tokens.url}",service="harbor-registry"`
      response
        .writeHead(401, { 'www-authenticate': authorization === undefined ? bearer : 'Basic realm="harbor"' })
        .end()
    })
    const list = lister(server, CREDENTIALS)
    await list()
    accepted = 'Bearer token-2'
    await list()
    assert.equal(authorizations(server).at(-1), 'Bearer token-2')
  })

  it('of another kind than asked for are kept', async () => {
    const server = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Negotiate, Digest realm="x", nonce="y"' }).end()
    })
    await assert.rejects(lister(server, CREDENTIALS), { code: 'UNAUTHORIZED' })
    assert.deepEqual(authorizations(server), [undefined])
  })
})

describe('a Docker configuration', () => {
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder('authorization')
  })
  afterEach(() => removeFolder(folder))

  async function configured(server: OddServer, entry: object): Promise<CredentialSource> {
    const dockerConfig = join(folder, 'config.json')
    await writeFile(dockerConfig, JSON.stringify({ auths: { [server.host]: entry } }))
    return { dockerConfig }
  }

  it('exchanges an identity token in the form of OAuth', async () => {
    const tokens = await tokenServer()
    const server = await bearerRegistry(
      () => tokens.url,
      (given) => given === 'Bearer token-1',
    )
    await lister(server, await configured(server, { identitytoken: 'refresh' }))()
    const { method, body, authorization } = tokens.requests[0] ?? {}
    assert.deepEqual({ method, authorization }, { method: 'POST', authorization: undefined })
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      client_id: 'tidemark',
      service: 's',
      scope: 'repository:team/app:pull',
    })
  })

  it('falls back to the password where the token server has no such form', async () => {
    const tokens = await serve(({ method }, response) => {
      if (method === 'POST') response.writeHead(405).end()
      else json(response, { token: 'x' })
    })
    const server = await bearerRegistry(
      () => tokens.url,
      (given) => given === 'Bearer x',
    )
    const auth = Buffer.from('ci:secret').toString('base64')
    await lister(server, await configured(server, { auth, identitytoken: 'refresh' }))()
    assert.deepEqual(authorizations(tokens), [undefined, BASIC])
  })

  it('shows a registry token as it is', async () => {
    const tokens = await tokenServer()
    const server = await bearerRegistry(
      () => tokens.url,
      (given) => given === 'Bearer mine',
    )
    await lister(server, await configured(server, { registrytoken: 'mine' }))()
    assert.deepEqual(tokens.requests, [])
  })
})

describe('a redirect', () => {
  const CASES: readonly [name: string, location: string, code: string, message: RegExp][] = [
    [
      'to a metadata service',
      'http://169.254.169.254/latest',
      'REFUSED_TARGET',
      /"http:\/\/169.254.169.254" is at a reserved address$/,
    ],
    [
      'to another protocol',
      'ftp://127.0.0.1/x?token=y',
      'REFUSED_TARGET',
      /redirected to "ftp:\/\/127.0.0.1\/x", not HTTPS$/,
    ],
    [
      'with a password',
      'http://me:pass@127.0.0.1/x',
      'REFUSED_TARGET',
      /redirected to "http:\/\/127.0.0.1\/x" with credentials$/,
    ],
    ['to no address', 'http://', 'INVALID_ANSWER', /redirected to no address$/],
    ['to itself', '', 'REFUSED_TARGET', /more than 5 redirects$/],
  ]
  for (const [name, location, code, message] of CASES) {
    it(`${name} is refused`, async () => {
      const server = await serve((_, response) => response.writeHead(302, { location }).end())
      await assert.rejects(lister(server), { code, message })
      assert.ok(server.requests.length <= 6)
    })
  }

  it('of a token realm at a metadata service is refused', async () => {
    const server = await bearerRegistry(
      () => 'http://169.254.169.254/token',
      () => false,
    )
    await assert.rejects(lister(server), { code: 'REFUSED_TARGET', message: /is at a reserved address$/ })
  })
})

describe('what refuses a request', () => {
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder('authorization')
  })
  afterEach(() => removeFolder(folder))

  const refusing = (challenge: string) =>
    serve(({ path, authorization = 'nothing' }, response) => {
      if (path.startsWith('/token')) return json(response, { token: 'a-short-lived-token' })
      const headers = { 'www-authenticate': challenge.replace('REALM', `${servers[0]?.url}/token`) }
      const message = `no: ${authorization}, ${Buffer.from(authorization.slice('Basic '.length), 'base64')}`
      response.writeHead(authorization === 'nothing' ? 401 : 403, headers)
      response.end(JSON.stringify({ errors: [{ message }] }))
    })

  const CASES: readonly [name: string, challenge: string, hasLogin: boolean, reason: RegExp][] = [
    [
      'repeats no login',
      'Basic realm="x"',
      true,
      / 403 \(no: Basic \*{3}, ci:\*{3}; asked with the configured credentials\)$/,
    ],
    [
      'repeats no token',
      'Bearer realm="REALM"',
      true,
      / 403 \(no: Bearer \*{3}, .*; asked with the configured credentials\)$/,
    ],
    [
      'is said to be asked anonymously, with a token of everybody',
      'Bearer realm="REALM"',
      false,
      /; asked anonymously\)$/,
    ],
    [
      'is said to be asked anonymously where it wants no login',
      'Digest realm="x"',
      true,
      / 401 \(.*; asked anonymously\)$/,
    ],
  ]
  for (const [name, challenge, hasLogin, reason] of CASES) {
    it(name, async () => {
      const path = join(folder, 'config.json')
      const server = await refusing(challenge)
      await writeFile(path, JSON.stringify({ auths: hasLogin ? { [server.host]: CREDENTIALS } : {} }))
      await assert.rejects(lister(server, { dockerConfig: path }), (error: Error) => {
        assert.match(error.message, reason)
        assert.doesNotMatch(error.message, /secret|Y2k6|short-lived/)
        return true
      })
    })
  }
})

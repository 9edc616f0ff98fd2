import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import type { Credential } from '../../../src/watchers/registry/credential.js'
import { githubPackages } from '../../../src/watchers/registry/github-packages.js'
import type { Http } from '../../../src/watchers/registry/http.js'
import { type HostSettings, ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { Registry, TagListing } from '../../../src/watchers/registry/registry.js'
import { type ManualClock, manualClock } from '../../parts/manual-clock.js'
import { json, type OddServer, startOddServer } from './odd-server.js'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000
const TOKEN = 'ghp_made-up'
const DIGEST = `sha256:${'a'.repeat(64)}`
const ETAG = 'W/"1"'

let clock: ManualClock
let host: OddServer
let api: OddServer
let registry: Registry
let tags: string[]
/** How the API answers, to owners that are organizations. */
let answer: (response: ServerResponse, known: string | undefined) => void

beforeEach(async () => {
  clock = manualClock()
  tags = ['1', '2']
  answer = versions
  host = await startOddServer((_, response) => json(response, { tags }))
  api = await startOddServer(({ path }, response, { headers }) => {
    if (path.startsWith('/orgs/')) answer(response, headers['if-none-match'])
    else response.writeHead(404).end()
  }, '127.0.0.2')
  registry = client({})
})
afterEach(async () => {
  await registry.stop()
  await api.stop()
  await host.stop()
})

function client(settings: Partial<HostSettings>): Registry {
  const credentials = { username: 'octocat', password: TOKEN }
  const hosts = () => ({ plainHttp: true, credentials, ...settings })
  return ociRegistry({ hosts, clock, userAgent: 'test', packageApis: { [host.host]: api.url } })
}

function list(known?: string, path = 'acme/team/app'): Promise<TagListing> {
  return registry.listTags(parseRepository(`${host.host}/${path}`), { signal, known })
}

/** The list of versions, with an ETag that stands for the tags. */
function versions(response: ServerResponse, known: string | undefined): void {
  const etag = `W/"${tags.length}"`
  if (known === etag) response.writeHead(304).end()
  else json(response, [version(tags)], { etag })
}

function version(tags: readonly unknown[], name: unknown = DIGEST): object {
  return { id: 1, name, created_at: '2026-11-20T10:00:00Z', metadata: { container: { tags } } }
}

/** How often each was asked since the last call. */
function asked(): { readonly api: number; readonly list: number } {
  const counts = { api: api.requests.length - seen.api, list: host.requests.length - seen.list }
  seen = { api: api.requests.length, list: host.requests.length }
  return counts
}
let seen = { api: 0, list: 0 }
beforeEach(() => {
  seen = { api: 0, list: 0 }
})

/** Lists until the ETag is known. */
async function settled(): Promise<string> {
  const { fingerprint } = await list((await list()).fingerprint)
  assert.deepEqual(asked(), { api: 1, list: 2 })
  return fingerprint
}

it('is asked for one page with the token, which the registry does not see', async () => {
  await settled()
  const [request] = api.requests
  assert.equal(request?.path, '/orgs/acme/packages/container/team%2Fapp/versions?per_page=100')
  assert.equal(request.authorization, `Bearer ${TOKEN}`)
  assert.deepEqual(
    host.requests.map(({ authorization }) => authorization),
    [undefined, undefined],
  )
})

it('tells that nothing has changed without the list, for an hour', async () => {
  const known = await settled()
  await clock.advance(HOUR_MS - 1)
  assert.deepEqual(await list(known), { changed: false, fingerprint: known })
  assert.deepEqual(asked(), { api: 1, list: 0 })
  await clock.advance(1)
  const whole = await list(known)
  assert.equal(whole.changed, false)
  assert.deepEqual(asked(), { api: 1, list: 1 })
  assert.deepEqual(await list(whole.fingerprint), whole)
  assert.deepEqual(asked(), { api: 1, list: 0 })
})

it('leaves it to the list what there is now, and tells what it knows of it', async () => {
  const known = await settled()
  tags.push('3')
  const listing = await list(known)
  const facts = { digest: DIGEST, pushedAt: Date.UTC(2026, 10, 20, 10) }
  assert.deepEqual(listing.changed && listing.tags, ['1', '2', '3'])
  assert.deepEqual(listing.changed && listing.facts, new Map(tags.map((tag) => [tag, facts])))
  assert.equal((await list(listing.fingerprint)).fingerprint, listing.fingerprint)
  assert.deepEqual(asked(), { api: 2, list: 1 })
})

it('is left alone for an hour where the list has other tags', async () => {
  answer = (response) => json(response, [version(['1'])], { etag: ETAG })
  let known = await settled()
  for (const expected of [0, 1, 0]) {
    known = (await list(known)).fingerprint
    assert.deepEqual(asked(), { api: expected, list: 1 })
    if (expected === 0) await clock.advance(HOUR_MS)
  }
})

it('is left alone for an hour where it says "unchanged" of a list that has changed', async () => {
  const known = await settled()
  answer = (response) => response.writeHead(304).end()
  tags.push('3')
  await clock.advance(HOUR_MS)
  const listing = await list(known)
  assert.deepEqual(listing.changed && listing.tags, ['1', '2', '3'])
  assert.deepEqual(asked(), { api: 1, list: 1 })
  await list(listing.fingerprint)
  assert.deepEqual(asked(), { api: 0, list: 1 })
})

describe('is never asked again about a repository', () => {
  const ANSWERS: readonly [name: string, answer: (response: ServerResponse) => void, requests?: number][] = [
    ['that neither organizations nor users have', (response) => response.writeHead(404).end(), 2],
    ['with another page', (response) => page({ link: '<http://x/?page=2>; rel="next"' })(response)],
    ['with a full page', (response) => json(response, Array(100).fill(version([])), { etag: ETAG })],
    ['without an ETag', (response) => json(response, [version(tags)])],
    ['with an ETag that is none', page({ etag: 'W/1' })],
    ['with a long ETag', page({ etag: `"${'1'.repeat(200)}"` })],
    ['that is answered by HTML', (response) => response.writeHead(200, { etag: ETAG }).end('<html>')],
    ['that is answered by no list', (response) => json(response, {}, { etag: ETAG })],
    ['with a version that is null', body([null])],
    ['with a version without a digest', body([version(['1'], 'v1')])],
    ['with a version without a list of tags', body([{ name: DIGEST }])],
    ['with a tag that is none', body([version(['-'])])],
    ['with one tag of two versions', body([version(['1']), version(['1'])])],
    ['where it leads elsewhere', (response) => response.writeHead(301, { location: `${host.url}/elsewhere` }).end()],
  ]
  for (const [name, refuse, requests = 1] of ANSWERS) {
    it(name, async () => {
      answer = refuse
      let { fingerprint: known } = await list()
      for (const expected of [requests, 0, 0]) {
        asked()
        const listing = await list(known)
        assert.equal(listing.changed, false)
        assert.deepEqual(asked(), { api: expected, list: 1 })
        known = listing.fingerprint
        await clock.advance(HOUR_MS)
      }
      answer = versions
      await list((await list(undefined, 'acme/other')).fingerprint, 'acme/other')
      assert.deepEqual(asked(), { api: 1, list: 2 })
    })
  }

  function page(headers: Readonly<Record<string, string>>) {
    return (response: ServerResponse) => json(response, [version(tags)], { etag: ETAG, ...headers })
  }

  function body(document: unknown) {
    return (response: ServerResponse) => json(response, document, { etag: ETAG })
  }
})

for (const status of [401, 403]) {
  it(`is never asked again about any package of an owner where it answers ${status}`, async () => {
    answer = (response) => response.writeHead(status).end()
    await settled()
    await clock.advance(HOUR_MS)
    await list((await list(undefined, 'acme/other')).fingerprint, 'acme/other')
    assert.deepEqual(asked(), { api: 0, list: 2 })
    await list((await list(undefined, 'others/app')).fingerprint, 'others/app')
    assert.deepEqual(asked(), { api: 1, list: 2 })
  })
}

describe('is asked about nothing for a while where', () => {
  const SPENT = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '2499' }
  const ANSWERS: readonly [name: string, answer: (response: ServerResponse) => void, pauseMs: number][] = [
    ['it answers 429', (response) => response.writeHead(429).end(), HOUR_MS],
    ['it answers 403 and a pause', (response) => response.writeHead(403, { 'retry-after': '60' }).end(), HOUR_MS],
    [
      'it answers 403 as nothing is left',
      (response) => response.writeHead(403, { 'x-ratelimit-remaining': '0' }).end(),
      HOUR_MS,
    ],
    ['it breaks off', (response) => response.destroy(), HOUR_MS],
    ['half of the requests are gone', (response) => spent(response, {}), HOUR_MS],
    ['they are gone for a minute', (response) => spent(response, { 'x-ratelimit-reset': resetIn(60) }), 60_000],
    [
      'they are said to be gone for a day',
      (response) => spent(response, { 'x-ratelimit-reset': resetIn(86_400) }),
      HOUR_MS,
    ],
  ]
  for (const [name, refuse, pauseMs] of ANSWERS) {
    it(name, async () => {
      answer = refuse
      await settled()
      await clock.advance(pauseMs - 1)
      const { fingerprint: other } = await list(undefined, 'acme/other')
      await list(other, 'acme/other')
      assert.deepEqual(asked(), { api: 0, list: 2 })
      await clock.advance(1)
      await list((await list(undefined, 'acme/third')).fingerprint, 'acme/third')
      assert.deepEqual(asked(), { api: 1, list: 2 })
    })
  }

  function spent(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    json(response, [version(tags)], { etag: ETAG, ...SPENT, ...headers })
  }

  function resetIn(seconds: number): string {
    return String(Math.floor(clock.now() / 1_000) + seconds)
  }
})

it('is asked again about a repository an hour after it failed', async () => {
  answer = (response) => response.writeHead(502).end()
  let known = await settled()
  for (const expected of [0, 1]) {
    known = (await list(known)).fingerprint
    assert.deepEqual(asked(), { api: expected, list: 1 })
    await clock.advance(HOUR_MS)
  }
})

describe('is not asked', () => {
  const CASES: readonly [name: string, settings: () => Partial<HostSettings>, path?: string][] = [
    ['without credentials', () => ({ credentials: undefined })],
    ['without a password', () => ({ credentials: { username: 'octocat', password: '' } })],
    ['about a registry that is asked elsewhere', () => ({ endpoint: host.url })],
    ['about a repository without an owner', () => ({}), 'app'],
  ]
  for (const [name, settings, path] of CASES) {
    it(name, async () => {
      await registry.stop()
      registry = client(settings())
      await list((await list(undefined, path)).fingerprint, path)
      assert.deepEqual(asked(), { api: 0, list: 2 })
    })
  }
})

it('shows GitHub no token that is for the registry alone', () => {
  const http: Http = { send: () => Promise.reject(new Error('asked')), stop: () => {} }
  const { shortcutTo } = githubPackages({ http, clock })
  const question = { origin: api.url, repository: parseRepository('ghcr.io/acme/app'), action: '', maxBytes: 1, signal }
  const login = { username: 'octocat', password: TOKEN }
  const kinds: readonly [Credential, boolean][] = [
    [{ kind: 'password', ...login }, true],
    [{ kind: 'identity', token: 'refresh', ...login }, false],
    [{ kind: 'bearer', token: 'bearer' }, false],
  ]
  for (const [credential, expected] of kinds) {
    assert.equal(shortcutTo({ ...question, credential }) !== undefined, expected, credential.kind)
  }
})

it('ends with the signal that ends the listing', async () => {
  const { fingerprint: known } = await list()
  const stopping = new AbortController()
  const reason = new Error('stopped')
  answer = () => stopping.abort(reason)
  const repository = parseRepository(`${host.host}/acme/team/app`)
  await assert.rejects(registry.listTags(repository, { signal: stopping.signal, known }), reason)
})

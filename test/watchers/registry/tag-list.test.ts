import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { dockerHubApi, quayApi } from '../../../src/watchers/registry/newest.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { Registry, TagListing } from '../../../src/watchers/registry/registry.js'
import { type ManualClock, manualClock } from '../../parts/manual-clock.js'
import { json, type OddRequest, type OddServer, startOddServer } from './odd-server.js'

const { signal } = new AbortController()
const HOUR_MS = 3_600_000

let registry: Registry
let server: OddServer
let clock: ManualClock
let answer: (request: OddRequest, response: ServerResponse) => void

beforeEach(async () => {
  clock = manualClock()
  server = await startOddServer((request, response) => answer(request, response))
  registry = client(dockerHubApi(server.url))
})
afterEach(async () => {
  await registry.stop()
  await server.stop()
})

function client(api: ReturnType<typeof dockerHubApi>): Registry {
  const newestApis = { [server.host]: api }
  return ociRegistry({ hosts: () => ({ plainHttp: true }), clock, userAgent: 'test', newestApis })
}

function list(known?: string): Promise<TagListing> {
  return registry.listTags(parseRepository(`${server.host}/team/app`), { signal, known })
}

/** What was asked since the last call: `n=1000`, or `newest`. */
function asked(): readonly string[] {
  const since = server.requests.slice(seen)
  seen = server.requests.length
  return since.map(({ path }) => (path.startsWith('/v2/team/app/tags/list?') ? path.slice(23) : 'newest'))
}
let seen = 0
beforeEach(() => {
  seen = 0
})

describe('asks for fewer tags per page', () => {
  const ECR =
    "Invalid parameter at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 200"
  const CASES: readonly [name: string, status: number, message: string, size: number][] = [
    ['as ECR says', 405, ECR, 200],
    ['where Distribution 3.1 refuses the number', 400, 'invalid number of results requested', 100],
  ]
  for (const [name, status, message, size] of CASES) {
    it(`${name}, and from then on`, async () => {
      answer = ({ path }, response) => {
        if (Number(/n=([0-9]+)/.exec(path)?.[1]) <= size) return json(response, { tags: ['a'] })
        response.writeHead(status).end(JSON.stringify({ errors: [{ code: 'UNSUPPORTED', message }] }))
      }
      assert.equal((await list()).changed, true)
      await list()
      assert.deepEqual(asked(), ['n=1000', `n=${size}`, `n=${size}`])
    })
  }

  it('and says so where that is refused too, and does not remember it', async () => {
    answer = (_, response) => response.writeHead(400).end()
    await assert.rejects(list(), { code: 'INVALID_ANSWER' })
    await assert.rejects(list(), { code: 'INVALID_ANSWER' })
    assert.deepEqual(asked(), ['n=1000', 'n=100', 'n=1000', 'n=100'])
  })
})

it('starts again where the tag that a page starts after was deleted meanwhile', async () => {
  let tags = ['a', 'b', 'c']
  answer = ({ path }, response) => {
    const last = /last=(.)/.exec(path)?.[1]
    if (last === 'a') tags = ['b', 'c']
    if (last !== undefined && !tags.includes(last)) {
      response.writeHead(404).end()
      return
    }
    const [first = ''] = tags.filter((tag) => last === undefined || tag > last)
    json(response, { tags: [first] }, first === 'c' ? {} : { link: `</x?last=${first}>; rel="next"` })
  }
  const listing = await list()
  assert.deepEqual(listing.changed && listing.tags, ['b', 'c'])
  assert.deepEqual(asked(), ['n=1000', 'last=a', 'n=1000', 'last=b'])
})

describe('a list of several pages', () => {
  const WHOLE = ['n=1000', 'last=1']
  let tags: string[]
  let newest: (response: ServerResponse) => void

  beforeEach(() => {
    tags = ['1', '2', '3']
    newest = (response) =>
      json(response, {
        count: tags.length,
        results: [...tags]
          .reverse()
          .slice(0, 2)
          .map((name) => ({ name })),
      })
    answer = ({ path }, response) => {
      if (!path.startsWith('/v2/team/')) return newest(response)
      if (path.includes('last=')) json(response, { tags: tags.slice(1) })
      else json(response, { tags: tags.slice(0, 1) }, { link: '</x?last=1>; rel="next"' })
    }
  })

  /** Lists until the newest tags are known. */
  async function settled(): Promise<string> {
    const { fingerprint } = await list()
    const second = await list(fingerprint)
    assert.deepEqual(asked(), [...WHOLE, 'newest', ...WHOLE])
    assert.equal(second.changed, false)
    return second.fingerprint
  }

  it('is known by one request while the newest tags are the same', async () => {
    const known = await settled()
    tags = ['1', '3', '2'] // pushed again
    assert.deepEqual(await list(known), { changed: false, fingerprint: known })
    assert.deepEqual(asked(), ['newest'])
  })

  const CHANGES: readonly [name: string, tags: readonly string[]][] = [
    ['pushed', ['1', '2', '3', '4']],
    ['deleted among the newest', ['1', '2']],
    ['deleted among the oldest', ['2', '3']],
    ['deleted, and another one pushed', ['2', '3', '4']],
  ]
  for (const [name, changed] of CHANGES) {
    it(`is read where a tag was ${name}`, async () => {
      const known = await settled()
      tags = [...changed]
      const listing = await list(known)
      assert.deepEqual(listing.changed && listing.tags, changed)
      assert.equal((await list(listing.fingerprint)).changed, false)
      assert.equal(asked().at(-1), 'newest')
    })
  }

  it('comes with what its pages and the newest tags tell, however odd', async () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const known = await settled()
    newest = (response) =>
      json(response, {
        count: 3,
        results: [
          { name: '4', digest, tag_last_pushed: '2026-11-20T10:00:00.123456Z' },
          { name: '3', digest: 'a'.repeat(64), tag_last_pushed: 'yesterday' },
          { name: '2', digest, tag_last_pushed: 1_795_165_200 },
          { name: '5', digest },
        ],
      })
    answer = ({ path }, response) => {
      if (!path.startsWith('/v2/team/')) newest(response)
      else if (path.includes('last=')) json(response, { tags: ['3', '4'], manifest: { [digest]: { tag: ['3'] } } })
      else {
        const manifest = { [digest]: { tag: ['1'], timeUploadedMs: '1700000001000' } }
        json(response, { tags: ['1', '2'], manifest }, { link: '</x?last=1>; rel="next"' })
      }
    }
    const listing = await list(known)
    assert.deepEqual(Object.fromEntries((listing.changed && listing.facts) || []), {
      '1': { digest, pushedAt: 1_700_000_001_000 },
      '2': { digest },
      '3': { digest },
      '4': { digest, pushedAt: Date.UTC(2026, 10, 20, 10, 0, 0, 123) },
    })
  })

  it('is read once an hour all the same', async () => {
    const known = await settled()
    await clock.advance(HOUR_MS - 1)
    assert.equal((await list(known)).fingerprint, known)
    await clock.advance(1)
    assert.equal((await list(known)).changed, false)
    assert.deepEqual(asked(), ['newest', 'newest', ...WHOLE])
  })

  it('is read where it lacks one of the newest tags yet', async () => {
    newest = (response) => json(response, { count: 4, results: [{ name: '4' }, { name: '3' }] })
    let known = (await list()).fingerprint
    for (let round = 0; round < 2; round++) known = (await list(known)).fingerprint
    assert.deepEqual(asked(), [...WHOLE, 'newest', ...WHOLE, 'newest', ...WHOLE])
    tags.push('4')
    assert.equal((await list(known)).changed, true)
  })

  const REFUSED: readonly [name: string, answer: (response: ServerResponse) => void][] = [
    ['answers 404, as for a private repository', (response) => response.writeHead(404).end()],
    ['answers 429', (response) => response.writeHead(429, { 'retry-after': '1795165200' }).end()],
    ['answers HTML', (response) => response.writeHead(200).end('<html>')],
    ['answers no count', (response) => json(response, { results: [{ name: '3' }] })],
    ['answers no tag', (response) => json(response, { count: 0, results: [] })],
    ['answers what is no tag', (response) => json(response, { count: 1, results: [{ name: '-' }] })],
    ['leads elsewhere', (response) => response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end()],
    [
      'breaks off',
      (response) => response.writeHead(200, { 'content-length': '9' }).write('{', () => response.destroy()),
    ],
  ]
  for (const [name, refuse] of REFUSED) {
    it(`is read, and the other API left alone for an hour, where that ${name}`, async () => {
      newest = refuse
      let known = await settled()
      known = (await list(known)).fingerprint
      assert.deepEqual(asked(), WHOLE)
      await clock.advance(HOUR_MS)
      known = (await list(known)).fingerprint
      known = (await list(known)).fingerprint
      assert.deepEqual(asked(), ['newest', ...WHOLE, ...WHOLE])
    })
  }

  it('is known by the newest tags of Quay, which does not count them', async () => {
    await registry.stop()
    registry = client(quayApi(server.url))
    const entries = [
      { name: '3', start_ts: '1700000000' },
      { name: '2', start_ts: 1_700_000_000 },
    ]
    newest = (response) => json(response, { tags: entries, page: 1, has_additional: true })
    const known = await settled()
    assert.equal((await list(known)).changed, false)
    assert.deepEqual(asked(), ['newest'])
    tags.push('4')
    entries.unshift({ name: '4', start_ts: 8.64e15 })
    const listing = await list(known)
    assert.deepEqual(listing.changed && listing.facts, new Map([['2', { pushedAt: 1_700_000_000_000 }]]))
  })
})

it('asks another API with no credentials, and only about long lists', async () => {
  await registry.stop()
  const hosts = () => ({ plainHttp: true, credentials: { username: 'ci', password: 'secret' } })
  const newestApis = { [server.host]: dockerHubApi(server.url) }
  registry = ociRegistry({ hosts, clock, userAgent: 'test', newestApis })
  answer = (_, response) => json(response, { tags: ['a'] })
  const { fingerprint } = await list()
  await list(fingerprint)
  assert.deepEqual(asked(), ['n=1000', 'n=1000'])

  answer = ({ path, authorization }, response) => {
    if (!path.startsWith('/v2/team/')) response.writeHead(authorization === undefined ? 404 : 500).end()
    else if (authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else json(response, { tags: [path.slice(-1)] }, path.includes('last') ? {} : { link: '</x?last=1>; rel="next"' })
  }
  await list((await list()).fingerprint)
  const newest = server.requests.filter(({ path }) => !path.startsWith('/v2/team/'))
  assert.deepEqual(
    newest.map(({ authorization }) => authorization),
    [undefined],
  )
})

it('asks no other API where the registry is asked at another endpoint', async () => {
  await registry.stop()
  const hosts = () => ({ plainHttp: true, endpoint: server.url })
  registry = ociRegistry({ hosts, clock, userAgent: 'test', newestApis: { [server.host]: dockerHubApi(server.url) } })
  answer = ({ path }, response) => {
    json(response, { tags: [path.slice(-1)] }, path.includes('last') ? {} : { link: '</x?last=1>; rel="next"' })
  }
  const { fingerprint } = await list((await list()).fingerprint)
  await list(fingerprint)
  assert.deepEqual(asked(), ['n=1000', 'last=1', 'n=1000', 'last=1', 'n=1000', 'last=1'])
})

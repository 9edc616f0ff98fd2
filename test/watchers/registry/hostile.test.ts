import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { Registry } from '../../../src/watchers/registry/registry.js'
import { freePort } from '../../parts/process.js'
import { json, type OddAnswer, type OddServer, startOddServer } from './odd-server.js'

const { signal } = new AbortController()
const BOUNDS = { answerMs: 300, exchangeMs: 600, pages: 5, tags: 50, pageBytes: 4_096, manifestBytes: 4_096 }

let registry: Registry
let servers: OddServer[]

beforeEach(() => {
  servers = []
  const hosts = () => ({ plainHttp: true })
  registry = ociRegistry({ hosts, clock: systemClock, userAgent: 'test', bounds: BOUNDS })
})
afterEach(async () => {
  await registry.stop()
  await Promise.all(servers.map((server) => server.stop()))
})

async function serve(answer: OddAnswer, address?: string): Promise<OddServer> {
  const server = await startOddServer(answer, address)
  servers.push(server)
  return server
}

async function list(server: Pick<OddServer, 'host'>): Promise<readonly string[]> {
  const listing = await registry.listTags(parseRepository(`${server.host}/team/app`), { signal })
  return listing.changed ? listing.tags : []
}

function resolve(server: OddServer): Promise<string | undefined> {
  return registry.resolveDigest(parseRepository(`${server.host}/team/app`), '1.0.0', { signal })
}

describe('takes as a list of tags', () => {
  const CASES: readonly [name: string, document: unknown, tags: readonly string[]][] = [
    ['null', { name: 'team/app', tags: null }, []],
    ['no tags', { name: 'team/app' }, []],
    ['tags twice and out of order', { tags: ['b', 'a', 'b'] }, ['a', 'b']],
    ['what is valid', { tags: ['ok', 1, null, '', '-x', 'a b', 'x\n', 'a'.repeat(129), ['y']] }, ['ok']],
  ]
  for (const [name, document, tags] of CASES) {
    it(name, async () => {
      assert.deepEqual(await list(await serve((_, response) => json(response, document))), tags)
    })
  }

  it('one that is gzipped', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"tags":["a"]}'))
    })
    assert.deepEqual(await list(server), ['a'])
  })

  it('the same in another order, as known', async () => {
    let tags = ['a', 'b']
    const server = await serve((_, response) => json(response, { tags }))
    const repository = parseRepository(`${server.host}/team/app`)
    const first = await registry.listTags(repository, { signal })
    tags = ['b', 'a']
    const second = await registry.listTags(repository, { signal, known: first.fingerprint })
    assert.equal(second.changed, false)
    tags = ['b']
    const third = await registry.listTags(repository, { signal, known: second.fingerprint })
    assert.deepEqual(third.changed && third.tags, ['b'])
  })
})

describe('refuses a list', () => {
  const CASES: readonly [name: string, answer: OddAnswer, error: object][] = [
    [
      'that is HTML',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
      { code: 'INVALID_ANSWER', message: /: registry answered "text\/html" that is not a list of tags$/ },
    ],
    ['that is no object', (_, response) => json(response, ['a']), { code: 'INVALID_ANSWER' }],
    ['whose tags are no list', (_, response) => json(response, { tags: { a: 1 } }), { code: 'INVALID_ANSWER' }],
    [
      'of too many bytes',
      (_, response) => json(response, { tags: ['a'.repeat(5_000)] }),
      { code: 'TOO_LARGE', message: /more than 4096 bytes/, retryable: false },
    ],
    [
      'that inflates to too many bytes',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000))),
      { code: 'TOO_LARGE' },
    ],
    [
      'that is not gzip',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain'),
      { code: 'INVALID_ANSWER' },
    ],
    [
      'in an encoding that was not asked for',
      (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('x'),
      { code: 'INVALID_ANSWER' },
    ],
    ['that is not HTTP', (_, response) => response.socket?.end('SSH-2.0-x\r\n'), { code: 'INVALID_ANSWER' }],
    ['that never comes', () => {}, { code: 'UNREACHABLE', retryable: true, message: /none within 300 ms/ }],
    [
      'that never ends',
      (_, response) => response.writeHead(200).write('{"tags":['),
      { code: 'UNREACHABLE', retryable: true, message: /not complete within 600 ms/ },
    ],
    [
      'that breaks off',
      (_, response) => response.writeHead(200, { 'content-length': '50' }).write('{"tags":[', () => response.destroy()),
      { code: 'UNREACHABLE', retryable: true },
    ],
    ['answered by 418', (_, response) => response.writeHead(418).end(), { code: 'INVALID_ANSWER', retryable: false }],
    [
      'answered by 403, whose reason is made fit to print',
      (_, response) => {
        response
          .writeHead(403)
          .end(JSON.stringify({ errors: [{ code: 'DENIED', message: `no\u001b[31m\n\u202e${'x'.repeat(999)}` }] }))
      },
      { code: 'UNAUTHORIZED', message: /: registry answered 403 \(no \[31m x{100,200}; asked anonymously\)$/ },
    ],
    [
      'answered by 403 with an endless reason',
      (_, response) => response.writeHead(403).end('x'.repeat(1_000_000)),
      { code: 'UNAUTHORIZED', message: /: registry answered 403 \(asked anonymously\)$/ },
    ],
    ['answered by 503', (_, response) => response.writeHead(503).end(), { code: 'UNAVAILABLE', retryable: true }],
  ]
  for (const [name, answer, error] of CASES) {
    it(name, async () => assert.rejects(list(await serve(answer)), error))
  }

  it('where nobody listens', async () => {
    const host = `127.0.0.1:${await freePort()}`
    await assert.rejects(list({ host }), {
      code: 'UNREACHABLE',
      retryable: true,
      message: `Cannot list tags of "${host}/team/app": no usable answer from "http://${host}" (connect ECONNREFUSED ${host})`,
    })
  })

  it('and says when to ask again', async () => {
    const now = Date.now()
    const server = await serve((_, response) => response.writeHead(429, { 'retry-after': '60' }).end())
    await assert.rejects(list(server), (error: unknown) => {
      const { code, retryable, retryAt } = Object(error)
      assert.deepEqual({ code, retryable }, { code: 'RATE_LIMITED', retryable: true })
      assert.ok(retryAt >= now + 60_000 && retryAt <= Date.now() + 60_000)
      return true
    })
  })
})

describe('pages', () => {
  const next = (query: string) => ({ link: `</v2/team/app/tags/list?${query}>; rel="next"` })

  it("by the link's query only", async () => {
    const server = await serve(({ path }, response) => {
      if (path.includes('last=a')) json(response, { tags: ['b'] })
      else json(response, { tags: ['a'] }, { link: '<http://127.0.0.2:1/elsewhere?last=a&n=1>; rel="next"' })
    })
    assert.deepEqual(await list(server), ['a', 'b'])
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ['/v2/team/app/tags/list?n=1000', '/v2/team/app/tags/list?last=a&n=1'],
    )
  })

  const ENDS: readonly [
    name: string,
    tags: (page: number) => readonly string[] | null,
    query: (page: number) => string,
    requests: number,
  ][] = [
    ['empty', (page) => (page === 1 ? ['a'] : null), (page) => `last=${page}`, 2],
    ['of nothing new', () => ['a'], (page) => `last=${page}`, 2],
    ['that leads to itself', (page) => [`a${page}`], () => 'last=a', 2],
  ]
  for (const [name, tags, query, requests] of ENDS) {
    it(`to a page ${name}`, async () => {
      const server = await serve((_, response) => {
        const page = server.requests.length
        json(response, { tags: tags(page) }, next(query(page)))
      })
      assert.ok((await list(server)).length > 0)
      assert.equal(server.requests.length, requests)
    })
  }

  it('not without end', async () => {
    const server = await serve((_, response) => {
      const page = server.requests.length
      json(response, { tags: [`a${page}`] }, next(`last=${page}`))
    })
    await assert.rejects(list(server), { code: 'TOO_LARGE', message: /more than 5 pages/ })
    assert.equal(server.requests.length, BOUNDS.pages)
  })

  it('not to too many tags', async () => {
    const server = await serve((_, response) => {
      const page = server.requests.length
      json(response, { tags: Array.from({ length: 30 }, (_, index) => `${page}.${index}`) }, next(`last=${page}`))
    })
    await assert.rejects(list(server), { code: 'TOO_LARGE', message: /more than 50 tags/ })
  })

  it('again where a page is gone', async () => {
    const server = await serve(({ path }, response) => {
      if (path.includes('last=')) response.writeHead(404).end()
      else json(response, { tags: ['a'] }, next('last=a'))
    })
    await assert.rejects(list(server), { code: 'UNAVAILABLE', retryable: true })
  })
})

describe('resolves', () => {
  const MANIFEST = '{"schemaVersion":2}'
  const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`
  const TYPE = 'application/vnd.oci.image.index.v1+json'

  it('by the header, asking for all four media types', async () => {
    const server = await serve((_, response) => response.writeHead(200, { 'docker-content-digest': DIGEST }).end())
    assert.equal(await resolve(server), DIGEST)
    assert.equal(server.requests[0]?.accept?.split(', ').length, 4)
  })

  for (const status of [200, 405]) {
    it(`by the bytes where HEAD answers ${status} without the header`, async () => {
      const server = await serve(({ method }, response) => {
        if (method === 'HEAD') response.writeHead(status).end()
        else response.writeHead(200, { 'content-type': `${TYPE}; charset=utf-8` }).end(MANIFEST)
      })
      assert.equal(await resolve(server), DIGEST)
    })
  }

  // As Distribution does: its 304 has neither ETag nor digest.
  it('by what is known where the registry says that it has not changed', async () => {
    let etag = '"first"'
    const asked: (string | undefined)[] = []
    const server = await serve((_, response, { headers }) => {
      asked.push(headers['if-none-match'])
      if (headers['if-none-match'] === etag) response.writeHead(304).end()
      else response.writeHead(200, { 'docker-content-digest': DIGEST, etag }).end()
    })
    for (let round = 0; round < 2; round++) assert.equal(await resolve(server), DIGEST)
    etag = '"second"'
    for (let round = 0; round < 2; round++) assert.equal(await resolve(server), DIGEST)
    assert.deepEqual(asked, [undefined, '"first"', '"first"', '"second"'])
  })

  it('not by a 304 that nobody asked for', async () => {
    const server = await serve((_, response) => response.writeHead(304).end())
    await assert.rejects(resolve(server), { code: 'INVALID_ANSWER' })
  })

  const REFUSED: readonly [name: string, headers: Readonly<Record<string, string>>, body: string, code: string][] = [
    ['a malformed header', { 'docker-content-digest': 'sha256:1234' }, '', 'INVALID_ANSWER'],
    ['HTML', { 'content-type': 'text/html' }, '<html>', 'INVALID_ANSWER'],
    ['bytes of another digest', { 'content-type': TYPE, 'docker-content-digest': DIGEST }, '{}', 'INVALID_ANSWER'],
    ['a manifest of too many bytes', { 'content-type': TYPE }, 'x'.repeat(5_000), 'TOO_LARGE'],
  ]
  for (const [name, headers, body, code] of REFUSED) {
    it(`not ${name}`, async () => {
      const server = await serve(({ method }, response) => {
        if (method === 'HEAD') response.writeHead(405).end()
        else response.writeHead(200, headers).end(body)
      })
      await assert.rejects(resolve(server), { code })
    })
  }
})

it('says that a host does not speak TLS', async () => {
  const server = await serve((_, response) => json(response, {}))
  const secure = ociRegistry({ hosts: () => ({ plainHttp: false }), clock: systemClock, userAgent: 'test' })
  await assert.rejects(secure.listTags(parseRepository(`${server.host}/team/app`), { signal }), {
    code: 'UNREACHABLE',
    message: /"https:\/\/127[^"]+" \(it does not speak TLS; plainHttp asks without\)$/,
  })
  await secure.stop()
})

it('asks again where a kept connection turns out to be closed', async () => {
  const sockets = new Set<unknown>()
  const server = await serve((_, response, { socket }) => {
    if (sockets.has(socket)) socket.destroy()
    else json(response, { tags: ['a'] })
    sockets.add(socket)
  })
  for (let round = 0; round < 3; round++) assert.deepEqual(await list(server), ['a'])
  assert.equal(sockets.size, 3)
})

it('ends a request under way with the reason of the signal', async () => {
  const stopping = new AbortController()
  const reason = new Error('stopped')
  const server = await serve(() => stopping.abort(reason))
  const repository = parseRepository(`${server.host}/team/app`)
  await assert.rejects(registry.listTags(repository, { signal: stopping.signal }), reason)
})

it('ends an answer in time where the clock is set back meanwhile', async () => {
  let setBackMs = 0
  const clock = { ...systemClock, now: () => systemClock.now() - setBackMs }
  const stepping = ociRegistry({ hosts: () => ({ plainHttp: true }), clock, userAgent: 'test', bounds: BOUNDS })
  const server = await serve((_, response) => {
    response.writeHead(200).write('{')
    setBackMs = 3_600_000
  })
  const late = AbortSignal.timeout(5_000)
  const listing = stepping.listTags(parseRepository(`${server.host}/team/app`), { signal: late })
  await assert.rejects(listing, { code: 'UNREACHABLE', message: /not complete within 600 ms/ })
  await stepping.stop()
})

it('asks many at a time without a warning', async () => {
  const warnings: Error[] = []
  const collect = (warning: Error) => warnings.push(warning)
  process.on('warning', collect)
  const server = await serve((_, response) => json(response, { tags: ['a'] }))
  await Promise.all(Array.from({ length: 40 }, () => list(server)))
  process.off('warning', collect)
  assert.deepEqual(warnings, [])
})

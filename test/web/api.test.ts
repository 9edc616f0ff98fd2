import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicySummary } from '../../src/status/status.js'
import { LAMP, NOW, OVERVIEW, startedForPeople, TOKENS } from './people.js'

const posted = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

test('answers what the service says of itself', async (t) => {
  const { ask } = await startedForPeople(t)
  const { policies, registries, branches, queues, ...overview } = OVERVIEW
  const answers: readonly [path: string, body: unknown][] = [
    ['overview', overview],
    ['policies', { total: 2, policies }],
    ['policies/lamp', LAMP],
    ['registries', { registries }],
    ['branches', { branches }],
    ['queues', { queues }],
  ]
  for (const [path, body] of answers) {
    const answer = await ask(`/api/v1/${path}`)
    assert.deepEqual([answer.status, answer.body], [200, body], path)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
  assert.equal((await ask('/api/v1/policies/team%2Fbell')).body.name, 'team/bell')
})

test('finds and pages policies', async (t) => {
  const { ask, overview } = await startedForPeople(t)
  const many = Array.from({ length: 250 }, (_, index): PolicySummary => {
    const name = `app-${String(index).padStart(3, '0')}`
    return { ...(OVERVIEW.policies[1] as PolicySummary), name, state: index % 2 === 0 ? 'held' : 'current' }
  })
  Object.assign(overview, { policies: many })
  const names = async (query: string) => {
    const { body } = await ask(`/api/v1/policies?${query}`)
    const found: readonly string[] = body.policies.map(({ name }: PolicySummary) => name)
    return [body.total, found.length, found[0], found.at(-1), body.next]
  }
  const pages: readonly [query: string, expected: readonly unknown[]][] = [
    ['', [250, 100, 'app-000', 'app-099', 'app-099']],
    ['after=app-099', [250, 100, 'app-100', 'app-199', 'app-199']],
    ['after=app-199', [250, 50, 'app-200', 'app-249', undefined]],
    ['after=app-149', [250, 100, 'app-150', 'app-249', undefined]],
    ['after=zebra', [250, 0, undefined, undefined, undefined]],
    ['limit=1000', [250, 250, 'app-000', 'app-249', undefined]],
    ['limit=1&after=app-0075', [250, 1, 'app-008', 'app-008', 'app-008']],
    ['state=held&limit=2', [125, 2, 'app-000', 'app-002', 'app-002']],
    ['q=PP-24', [10, 10, 'app-240', 'app-249', undefined]],
    ['q=harbour/bell&state=current', [125, 100, 'app-001', 'app-199', 'app-199']],
    ['q=nothing-like-it', [0, 0, undefined, undefined, undefined]],
  ]
  for (const [query, expected] of pages) assert.deepEqual(await names(query), expected, query)
})

test('orders looks, holds and releases', async (t) => {
  const { ask, ordered, operations } = await startedForPeople(t)
  const orders: readonly [path: string, init: RequestInit, status: number, body: unknown][] = [
    ['lamp/poll', { method: 'POST' }, 202, { queued: true }],
    ['team%2Fbell/poll', posted({}), 202, { queued: true }],
    ['lamp/hold', posted({ reason: ' all of it ' }), 200, { reason: 'all of it', at: NOW }],
    [
      'lamp/hold',
      posted({ tag: '2.8.0', reason: 'leaks', until: '1h30m' }),
      200,
      { tag: '2.8.0', reason: 'leaks', at: NOW, until: NOW + 5_400_000 },
    ],
    [
      'lamp/hold',
      posted({ reason: 'leaks', until: '2026-11-20T01:00+00:30' }),
      200,
      { reason: 'leaks', at: NOW, until: NOW + 1_800_000 },
    ],
    ['lamp/release', posted({ tag: '2.8.0' }), 200, { released: true }],
    ['team%2Fbell/release', posted(''), 200, { released: false }],
  ]
  for (const [path, init, status, body] of orders) {
    const answer = await ask(`/api/v1/policies/${path}`, init)
    assert.deepEqual([answer.status, answer.body], [status, body], path)
  }
  assert.deepEqual(ordered, [
    'poll ghcr.io/harbour/lamp',
    'poll quay.io/harbour/bell',
    'hold lamp * all of it ever',
    'hold lamp 2.8.0 leaks 5400000',
    'hold lamp * leaks 1800000',
    'release lamp 2.8.0',
    'release team/bell *',
  ])
  assert.deepEqual(
    operations.map(({ operation, by, policy }) => `${operation} ${by} ${policy}`),
    [
      'poll api lamp',
      'poll api team/bell',
      'hold api lamp',
      'hold api lamp',
      'hold api lamp',
      'release api lamp',
      'release api team/bell',
    ],
  )
})

const REASON = 'expected one line of up to 200 characters'
const NO_POLICY = 'Cannot find policy "none": there is none of this name'

const REFUSED: readonly [path: string, init: RequestInit, status: number, error: string][] = [
  ['policies/none', {}, 404, NO_POLICY],
  ['policies/none/poll', posted({}), 404, NO_POLICY],
  ['policies/none/hold', posted({ reason: 'x' }), 404, NO_POLICY],
  ['policies/none/release', posted({}), 404, NO_POLICY],
  ['nothing', {}, 404, 'Cannot GET this path: not found'],
  ['overview', { method: 'POST' }, 405, 'Cannot POST this path: it takes GET, HEAD'],
  ['policies/lamp', { method: 'DELETE' }, 405, 'Cannot DELETE this path: it takes GET, HEAD'],
  ['policies/lamp/hold', {}, 405, 'Cannot GET this path: it takes POST'],
  ['openapi.json', posted({}), 405, 'Cannot POST this path: it takes GET, HEAD'],
  [
    'policies/lamp/hold',
    { method: 'POST', body: new URLSearchParams({ reason: 'x' }) },
    415,
    'Cannot read body: expected the content type application/json',
  ],
  ['policies/lamp/hold', posted('{"reason": '), 400, 'Cannot read body: it is no JSON'],
  ['policies/lamp/hold', posted({ reason: 'x'.repeat(17_000) }), 413, 'Cannot read body: it has more than 16 KiB'],
  ['policies/lamp/hold', posted([]), 422, 'Cannot read body: expected object, received array'],
  ['policies/lamp/hold', posted({}), 422, 'Cannot read body, reason: expected string, received undefined'],
  ['policies/lamp/hold', posted({ reason: 'x', tagg: '1' }), 422, 'Cannot read body: Unrecognized key: "tagg"'],
  ['policies/lamp/hold', posted({ reason: 'x', tag: 'a b' }), 422, 'Cannot read body, tag: expected a tag'],
  ['policies/lamp/hold', posted({ reason: ' ' }), 422, 'Cannot hold without a reason: say why in one line'],
  ['policies/lamp/hold', posted({ reason: 'a\nb' }), 422, `Cannot hold for this reason: ${REASON}`],
  ['policies/lamp/hold', posted({ reason: 'a\u202eb' }), 422, `Cannot hold for this reason: ${REASON}`],
  ['policies/lamp/hold', posted({ reason: 'x'.repeat(201) }), 422, `Cannot hold for this reason: ${REASON}`],
  [
    'policies/lamp/hold',
    posted({ reason: 'x', until: 'tomorrow' }),
    422,
    'Cannot hold until then: expected a time such as 2026-12-24T18:00, or a duration such as 12h',
  ],
  ['policies/lamp/hold', posted({ reason: 'x', until: '0s' }), 422, 'Cannot hold until then: it is over'],
  [
    'policies/lamp/hold',
    posted({ reason: 'x', until: '2026-11-19T00:00Z' }),
    422,
    'Cannot hold until then: it is over',
  ],
  [
    'policies/lamp/hold',
    posted({ reason: 'x', until: '999999999d' }),
    422,
    'Cannot hold until then: expected a time such as 2026-12-24T18:00, or a duration such as 12h',
  ],
  ['policies/lamp/release', posted({ tag: '' }), 422, 'Cannot read body, tag: expected a tag'],
  ['policies?limit=0', {}, 422, 'Cannot read query, limit: expected a whole number from 1 to 1000'],
  ['policies?limit=1001', {}, 422, 'Cannot read query, limit: expected a whole number from 1 to 1000'],
  ['policies?page=2', {}, 422, 'Cannot read query: Unrecognized key: "page"'],
  ['policies?q=a&q=b', {}, 422, 'Cannot read query, q: expected string, received array'],
]

test('refuses with a sentence', async (t) => {
  const { ask, ordered, operations, failures } = await startedForPeople(t)
  for (const [path, init, status, error] of REFUSED) {
    const answer = await ask(`/api/v1/${path}`, init)
    assert.deepEqual([answer.status, answer.body], [status, { error }], `${init.method ?? 'GET'} ${path}`)
  }
  assert.deepEqual([ordered, operations, failures], [[], [], []])
  const { headers } = await ask('/api/v1/overview', { method: 'DELETE' })
  assert.equal(headers.get('allow'), 'GET, HEAD')
})

test('asks for tokens before it reads anything', async (t) => {
  const { ask, ordered } = await startedForPeople(t)
  const denials: readonly [path: string, token: string, init: RequestInit, status: number][] = [
    ['overview', 'wrong', {}, 401],
    ['openapi.json', 'wrong', {}, 401],
    ['policies/none', 'wrong', {}, 401],
    ['policies/lamp/hold', 'wrong', posted('not JSON'), 401],
    ['policies/lamp/poll', TOKENS.readToken, posted({}), 403],
    ['policies/lamp/hold', TOKENS.readToken, posted({ reason: 'x' }), 403],
    ['policies/lamp/release', TOKENS.readToken, posted({}), 403],
    ['policies/lamp', TOKENS.readToken, {}, 200],
  ]
  for (const [path, token, init, status] of denials) {
    const answer = await ask(`/api/v1/${path}`, { ...init, token })
    assert.equal(answer.status, status, path)
    assert.equal(answer.headers.get('www-authenticate'), status === 401 ? 'Bearer realm="tidemark"' : null)
  }
  for (let count = 0; count < 6; count += 1) await ask('/api/v1/overview', { token: 'wrong' })
  const limited = await ask('/api/v1/overview')
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '60'])
  assert.deepEqual(ordered, [])
})

test('is open to read and closed to operate without tokens', async (t) => {
  const { ask, ordered } = await startedForPeople(t, {})
  assert.equal((await ask('/api/v1/overview')).status, 200)
  for (const operation of ['poll', 'hold', 'release']) {
    const { status, body } = await ask(`/api/v1/policies/lamp/${operation}`, posted({ reason: 'x' }))
    assert.equal(status, 403)
    assert.deepEqual(body, { error: 'Cannot operate: operations are off until the policy file has server.adminToken' })
  }
  assert.deepEqual(ordered, [])
})

test('asks to come again while the queue is away, and keeps a defect to itself', async (t) => {
  const { ask, queue, failures, operations } = await startedForPeople(t)
  queue.isAway = true
  for (const answer of [await ask('/api/v1/overview'), await ask('/api/v1/policies/lamp/poll', posted({}))]) {
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '5'])
    assert.deepEqual(answer.body, { error: 'Cannot answer: the queue is away, ask again' })
  }
  queue.isAway = false
  queue.isBroken = true
  const broken = await ask('/api/v1/queues')
  assert.deepEqual([broken.status, broken.body], [500, { error: 'Cannot answer: internal error' }])
  assert.deepEqual(failures, [{ path: '/api/v1/queues', reason: 'undefined is no function in /srv/app' }])
  assert.deepEqual(operations, [])
})

test('takes nobody who hangs up for a defect', async (t) => {
  const { web, ask, queue, failures } = await startedForPeople(t)
  queue.isSlow = true
  for (const path of ['/api/v1/policies/lamp', '/policies/lamp']) {
    const leaving = new AbortController()
    const left = ask(path, { signal: leaving.signal })
    await ask('/healthz')
    leaving.abort()
    await assert.rejects(left, { name: 'AbortError' })
  }
  await web.stop()
  assert.deepEqual(failures, [])
})

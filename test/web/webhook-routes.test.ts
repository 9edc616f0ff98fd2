import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { JobsError } from '../../src/jobs/errors.js'
import { WebhookError } from '../../src/watchers/webhooks/errors.js'
import { genericSender } from '../../src/watchers/webhooks/generic.js'
import type { PushedImage } from '../../src/watchers/webhooks/sender.js'
import { manualClock } from '../parts/manual-clock.js'
import { bearing, notification, push, SECRET, signed } from '../watchers/webhooks/deliveries.js'
import { PATH_SECRET, startedWeb, webhook } from './started-web.js'

const lamp = { repository: { registry: 'ghcr.io', path: 'harbour/lamp' }, tag: '2.7.1' }
const LIMIT = 1024 * 1024

test('answers 202 once the hint is queued, and not before', async (t) => {
  const queue: (() => void)[] = []
  const { post, events } = await startedWeb(t, {
    hint: () => new Promise((resolve) => queue.push(() => resolve(1))),
  })
  let answered = false
  const answer = post('ci', sent({ image: 'ghcr.io/harbour/lamp', tag: '2.7.1' })).finally(() => {
    answered = true
  })
  while (queue.length === 0) await new Promise(setImmediate)
  assert.equal(answered, false)
  queue[0]?.()
  const response = await answer
  assert.equal(response.status, 202)
  assert.deepEqual(await response.json(), { queued: 1 })
  const pushed = ['ghcr.io/harbour/lamp:2.7.1']
  assert.deepEqual(events, [{ webhook: 'ci', outcome: 'accepted', queued: 1, pushed }])
})

test('hints every image of a body once', async (t) => {
  const { post, hints } = await startedWeb(t)
  const bell = 'ghcr.io/harbour/bell'
  const images = [`${bell}:1`, 'ghcr.io/harbour/lamp:2.7.1', `${bell}:2`, bell, `${bell}:1`, 'ghcr.io/harbour/unlisted']
  const response = await post('ci', sent(images.map((image) => ({ image }))))
  assert.equal(response.status, 202)
  assert.deepEqual(await response.json(), { queued: 4 })
  assert.deepEqual(
    hints.map(({ repository, tag }) => `${repository.path}:${tag ?? ''}`),
    ['harbour/bell:1', 'harbour/lamp:2.7.1', 'harbour/bell:2', 'harbour/bell:', 'harbour/unlisted:'],
  )
})

test('hints at the branch of a push', async (t) => {
  const { post, branches, events } = await startedWeb(t)
  const answers: number[] = []
  for (const ref of ['refs/heads/main', 'refs/heads/next', 'refs/tags/main']) {
    const { body, headers } = push('github', { ref })
    answers.push((await post('fleet', { body, headers: single(headers) })).status)
  }
  assert.deepEqual(answers, [202, 200, 200])
  assert.deepEqual(branches, [
    { git: 'fleet', branch: 'main' },
    { git: 'fleet', branch: 'next' },
  ])
  assert.deepEqual(
    events.map(({ webhook, outcome, queued }) => `${webhook} ${outcome} ${queued}`),
    ['fleet accepted 1', 'fleet ignored 0', 'fleet ignored 0'],
  )
})

test('answers 200 to an authentic event without effect', async (t) => {
  const { post, hints, events } = await startedWeb(t)
  const ignored = toInit(bearing({ events: [notification({ target: { repository: 'harbour/unlisted' } })] }))
  const deliveries: [name: string, init: RequestInit][] = [
    ['prod', toInit(bearing({ events: [notification({ action: 'pull' })] }))],
    ['prod', toInit(bearing({ events: [{ action: 'push', target: 'nonsense' }] }))],
    ['prod', ignored],
    ['ci', sent([])],
  ]
  for (const [name, init] of deliveries) {
    const response = await post(name, init)
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { queued: 0 })
  }
  assert.equal(hints.length, 1)
  assert.deepEqual(
    events,
    deliveries.map(([webhook, init]) => {
      const pushed = init === ignored ? { pushed: ['registry.example.com/harbour/unlisted:2.7.1'] } : {}
      return { webhook, outcome: 'ignored', queued: 0, ...pushed }
    }),
  )
})

test('refuses with a sentence', async (t) => {
  const { post, hints, events } = await startedWeb(t)
  const good = sent({ image: 'lamp' })
  const cases: [name: string, init: RequestInit, status: number, outcome: string, error: string][] = [
    ['ci', { body: '{}' }, 401, 'unauthorized', 'Cannot accept event: missing or wrong signature'],
    ['ci', {}, 401, 'unauthorized', 'Cannot accept event: missing or wrong signature'],
    ['prod', good, 401, 'unauthorized', 'Cannot accept event: missing or wrong bearer token'],
    ['ci', toInit(signed('nonsense')), 400, 'invalid', 'Cannot read event: not JSON in UTF-8'],
    ['ci', toInit(signed('')), 400, 'invalid', 'Cannot read event: not JSON in UTF-8'],
    ['nobody', good, 404, 'unknown', 'Cannot accept event: no webhook "nobody"'],
    ['__proto__', good, 404, 'unknown', 'Cannot accept event: no webhook "__proto__"'],
    ['%00%22', good, 404, 'unknown', 'Cannot accept event: no webhook "\0""'],
    [
      'ci',
      { ...good, headers: { ...good.headers, 'content-encoding': 'gzip' } },
      415,
      'invalid',
      'Cannot accept event: content encoding "gzip" instead of none',
    ],
  ]
  for (const [name, init, status, , error] of cases) {
    const response = await post(name, init)
    assert.equal(response.status, status, error)
    assert.deepEqual(await response.json(), { error })
  }
  assert.deepEqual(hints, [])
  assert.deepEqual(
    events,
    cases.map(([name, , , outcome, reason]) => {
      return { webhook: outcome === 'unknown' ? '' : name, outcome, queued: 0, reason }
    }),
  )
})

test('takes the secret behind the name, of those who have no other proof', async (t) => {
  const { post, events } = await startedWeb(t)
  const body = JSON.stringify({ push_data: { tag: '2.7.1' }, repository: { repo_name: 'harbour/lamp' } })
  const missing = 'Cannot accept event: missing or wrong secret in the path'
  const cases: [path: string, status: number, answer: object][] = [
    [`hub/${PATH_SECRET}`, 202, { queued: 1 }],
    [`hub/${PATH_SECRET.replace('-', '%2D')}`, 202, { queued: 1 }],
    ['hub', 401, { error: missing }],
    [`hub/${PATH_SECRET}x`, 401, { error: missing }],
    [`hub?secret=${PATH_SECRET}`, 401, { error: missing }],
    [`hub/${'x'.repeat(300)}`, 401, { error: missing }],
    [`hub/${PATH_SECRET}/x`, 404, { error: 'Cannot POST this path: not found' }],
    [`ci/${PATH_SECRET}`, 404, { error: 'Cannot accept event: no webhook "ci"' }],
    [`nobody/${PATH_SECRET}`, 404, { error: 'Cannot accept event: no webhook "nobody"' }],
  ]
  for (const [path, status, answer] of cases) {
    const response = await post(path, { body })
    assert.deepEqual([response.status, await response.json()], [status, answer], path)
  }
  assert.ok(events.length > 0 && !JSON.stringify(events).includes(PATH_SECRET))
})

test('bars whoever has no proof again and again, before anything is read', async (t) => {
  const clock = manualClock()
  const { post, events } = await startedWeb(t, { clock })
  const right = sent({ image: 'ghcr.io/harbour/lamp' })
  const statuses: number[] = []
  for (let attempt = 0; attempt < 12; attempt++) statuses.push((await post('ci', { body: '{}' })).status)
  assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429])
  const barred = await post('ci', right)
  assert.deepEqual([barred.status, barred.headers.get('retry-after')], [429, '1'])
  assert.deepEqual(await barred.json(), { error: 'Cannot accept event: too many requests' })
  assert.equal(events.at(-1)?.outcome, 'limited')
  const { headers, body } = push('github')
  assert.equal((await post('fleet', { headers: single(headers), body })).status, 202)
  await clock.advance(1_000)
  assert.equal((await post('ci', right)).status, 202)
})

test('takes no more events than the webhook allows', async (t) => {
  const clock = manualClock()
  const webhooks = new Map([['ci', webhook(genericSender({ secret: SECRET }), 2)]])
  const { post } = await startedWeb(t, { clock, webhooks })
  const statuses = async (count: number) => {
    const answers = await Promise.all(Array.from({ length: count }, () => post('ci', sent({ image: 'lamp' }))))
    return answers.map(({ status }) => status).sort()
  }
  assert.deepEqual(await statuses(4), [202, 202, 429, 429])
  await clock.advance(500)
  assert.deepEqual(await statuses(2), [202, 429])
})

test('waits for a sender that has to ask, and wants the event again where nobody answers', async (t) => {
  const refusals = [
    new WebhookError('UNAVAILABLE', 'Cannot check event: no keys from "10.1.2.3"', { retryable: true }),
    new WebhookError('UNAUTHORIZED', 'Cannot accept event: token of another account'),
  ]
  const asking = (read: () => Promise<readonly PushedImage[]>) => new Map([['ci', webhook({ read })]])
  const { post } = await startedWeb(t, { webhooks: asking(async () => [lamp]) })
  assert.equal((await post('ci', { body: '{}' })).status, 202)
  const answers: unknown[] = []
  for (const refusal of refusals) {
    const { post } = await startedWeb(t, { webhooks: asking(() => Promise.reject(refusal)) })
    const response = await post('ci', { body: '{}' })
    answers.push([response.status, response.headers.get('retry-after'), await response.json()])
  }
  assert.deepEqual(answers, [
    [503, '5', { error: 'Cannot check event: the keys of its sender are away' }],
    [401, null, { error: 'Cannot accept event: token of another account' }],
  ])
})

test('takes the raw bytes, whatever type is declared', async (t) => {
  const { post, hints } = await startedWeb(t)
  const { body, headers } = signed(
    '\ufeff\r\n{ "image":\t"ghcr.io/harbour/lamp",\n"tag": "2.7.1", "note": "\u00e9" }\n\n',
  )
  const types = [
    'application/json',
    'application/vnd.docker.distribution.events.v1+json',
    'application/vnd.docker.distribution.events.v2+json',
    'application/x-www-form-urlencoded',
    'text/plain; charset=latin1',
    undefined,
  ]
  for (const type of types) {
    const response = await post('ci', { body, headers: { ...single(headers), ...(type && { 'content-type': type }) } })
    assert.equal(response.status, 202, type)
  }
  assert.deepEqual(hints, Array(types.length).fill(lamp))
})

test('asks senders to repeat while the queue is away, and keeps defects to itself', async (t) => {
  const cases: [thrown: Error, status: number, error: string][] = [
    [
      new JobsError('UNAVAILABLE', 'Cannot add job: 10.1.2.3 refused', { retryable: true }),
      503,
      'Cannot queue event: queue is away',
    ],
    [new TypeError('secret is undefined'), 500, 'Cannot queue event: internal error'],
  ]
  for (const [thrown, status, error] of cases) {
    const { post, events } = await startedWeb(t, {
      hint: async (pushed) => {
        if (pushed.some((one) => 'tag' in one && one.tag === '2')) throw thrown
        return 1
      },
    })
    const response = await post('ci', sent([{ image: 'lamp:1' }, { image: 'lamp:2' }, { image: 'lamp:3' }]))
    assert.equal(response.status, status)
    assert.equal(response.headers.get('retry-after'), status === 503 ? '5' : null)
    assert.deepEqual(await response.json(), { error })
    assert.deepEqual(events, [{ webhook: 'ci', outcome: 'unavailable', queued: 0, reason: thrown.message }])
  }
})

test('takes a body of 1 MiB and no more, whether or not its length is declared', async (t) => {
  const { web, events } = await startedWeb(t)
  const text = '{ "image": "lamp" }'
  const cases: [size: number, status: number][] = [
    [LIMIT, 202],
    [LIMIT + 1, 413],
    [8 * LIMIT, 413],
  ]
  for (const [size, status] of cases) {
    const { body, headers } = signed(text.padEnd(size))
    for (const chunked of [false, true]) {
      const answer = await send(`${web.url}/webhooks/ci`, single(headers), body, chunked)
      assert.equal(answer.status, status, `${size}, ${chunked ? 'chunked' : 'declared'}`)
      if (status === 413) assert.equal(answer.body, '{"error":"Request body is too large"}')
    }
  }
  assert.deepEqual(
    events.map((event) => event.outcome),
    ['accepted', 'accepted', 'too-large', 'too-large', 'too-large', 'too-large'],
  )
})

function sent(body: unknown): RequestInit & { headers: Record<string, string> } {
  return toInit(signed(JSON.stringify(body)))
}

function toInit(delivery: { headers: Readonly<Record<string, string | undefined>>; body: Uint8Array }) {
  return { headers: single(delivery.headers), body: delivery.body }
}

function single(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return headers as Record<string, string>
}

// A sender that writes all of its body before it reads, as `fetch` need not.
function send(url: string, headers: Record<string, string>, body: Uint8Array, chunked: boolean) {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }
    const sending = request(url, { method: 'POST', headers: { ...headers, ...length } }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode, body: text })
    })
    sending.once('error', reject)
    for (let at = 0; at < body.length; at += 65_536) sending.write(body.subarray(at, at + 65_536))
    sending.end()
  })
}

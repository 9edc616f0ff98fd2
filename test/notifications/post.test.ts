import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/lifecycle/clock.js'
import { postTo } from '../../src/notifications/post.js'
import { startAuthority } from '../parts/authority.js'
import { type Answer, startReceiver } from '../parts/fakes/receiver.js'
import { manualClock } from '../parts/manual-clock.js'
import { freePort } from '../parts/process.js'
import { startProxy } from '../parts/proxy.js'

const PATH = '/services/T0/B0/madeUpMadeUp'
const SIGNAL = new AbortController().signal
const NOW = Date.UTC(2026, 10, 20)

const ANSWERS: readonly [
  reply: ReturnType<Answer>,
  code: string,
  retryable: boolean,
  retryAt: number | undefined,
  said: string,
][] = [
  [{ status: 404, body: 'no_service\n' }, 'REFUSED', false, undefined, 'answered 404 (no_service)'],
  [{ status: 400, body: `${PATH} hush\u001b[31m` }, 'REFUSED', false, undefined, 'answered 400 (*** ***\\u{1b}[31m)'],
  [
    { status: 302, headers: { location: 'https://evil.example' } },
    'REFUSED',
    false,
    undefined,
    'redirects elsewhere, which is not followed',
  ],
  [{ status: 500 }, 'UNAVAILABLE', true, undefined, 'answered 500'],
  [{ status: 408 }, 'UNAVAILABLE', true, undefined, 'answered 408'],
  [{ status: 429, headers: { 'retry-after': '30' } }, 'UNAVAILABLE', true, NOW + 30_000, 'answered 429'],
  [{ status: 429, headers: { 'retry-after': '999999999' } }, 'UNAVAILABLE', true, NOW + 3_600_000, 'answered 429'],
  [
    { status: 503, headers: { 'retry-after': new Date(NOW + 60_000).toUTCString() } },
    'UNAVAILABLE',
    true,
    NOW + 60_000,
    'answered 503',
  ],
  [{ status: 503, headers: { 'retry-after': 'soon' } }, 'UNAVAILABLE', true, undefined, 'answered 503'],
]

for (const [reply, code, retryable, retryAt, said] of ANSWERS) {
  test(`an answer ${reply?.status} ${JSON.stringify(reply?.headers ?? reply?.body ?? '')} is ${code}`, async (t) => {
    const receiver = await startReceiver(() => reply)
    t.after(receiver.stop)
    const clock = { ...systemClock, now: () => NOW }
    const post = postTo({ name: 'team', url: receiver.origin + PATH }, ['hush', 'a'], {
      proxies: { except: '' },
      clock,
      userAgent: 't',
    })
    await assert.rejects(post({ headers: {}, body: '{}', signal: SIGNAL }), {
      name: 'NotificationError',
      code,
      retryable,
      retryAt,
      message: `Cannot notify "team": "${receiver.origin}" ${said}`,
    })
    assert.equal(receiver.received.length, 1)
  })
}

test('an answer that never ends is none of ours', async (t) => {
  const receiver = await startReceiver(() => ({ status: 200, body: 'x'.repeat(10_000_000) }))
  t.after(receiver.stop)
  const post = postTo({ name: 'team', url: receiver.origin }, [], {
    proxies: { except: '' },
    clock: systemClock,
    userAgent: 't',
  })
  await post({ headers: { 'x-a': 'b' }, body: 'é', signal: SIGNAL })
  assert.deepEqual([receiver.received[0]?.body, receiver.received[0]?.headers['x-a']], ['é', 'b'])
})

test('nobody who listens, and one who never answers, may answer later', async (t) => {
  const options = { proxies: { except: '' }, userAgent: 't' }
  const away = `http://127.0.0.1:${await freePort()}`
  const post = postTo({ name: 'team', url: away + PATH }, [], { ...options, clock: systemClock })
  await assert.rejects(post({ headers: {}, body: '', signal: SIGNAL }), (error: Error) => {
    assert.match(
      error.message,
      new RegExp(`^Cannot notify "team": "${away}" cannot be reached \\(connect ECONNREFUSED`),
    )
    return true
  })

  const silent = await startReceiver(() => undefined)
  t.after(silent.stop)
  const clock = manualClock()
  const slow = postTo({ name: 'team', url: silent.origin }, [], { ...options, clock })({
    headers: {},
    body: '',
    signal: SIGNAL,
  })
  const refused = assert.rejects(slow, { code: 'UNREACHABLE', retryable: true, message: /no answer within 10000 ms/ })
  await clock.advance(10_000)
  await refused
})

test('a process that must stop ends what it sends', async (t) => {
  const silent = await startReceiver(() => undefined)
  t.after(silent.stop)
  const stopping = new AbortController()
  const post = postTo({ name: 'team', url: silent.origin }, [], {
    proxies: { except: '' },
    clock: systemClock,
    userAgent: 't',
  })
  const sent = assert.rejects(post({ headers: {}, body: '', signal: stopping.signal }), /must stop/)
  stopping.abort(new Error('must stop'))
  await sent
})

test('https:// is trusted by its own authority, and goes through a proxy', async (t) => {
  const authority = await startAuthority()
  t.after(authority.stop)
  const certificate = await authority.issue('IP:127.0.0.1')
  const receiver = await startReceiver(() => ({ status: 200 }), certificate)
  t.after(receiver.stop)
  const options = { proxies: { except: '' }, clock: systemClock, userAgent: 't' }
  const request = { headers: {}, body: '{}', signal: SIGNAL }
  await assert.rejects(postTo({ name: 'team', url: receiver.origin }, [], options)(request), { code: 'UNREACHABLE' })
  const proxy = await startProxy()
  t.after(proxy.stop)
  await postTo(
    { name: 'team', url: receiver.origin, tls: { ca: authority.ca }, proxy: proxy.url },
    [],
    options,
  )(request)
  assert.equal(receiver.received.length, 1)
})

test('conceals each part of an address that may be a secret, as it was sent and decoded', async (t) => {
  const path = '/services/T0/m%C3%A4deUpMadeUp?api=1&sig=of%2FaMadeUpFlow&broken=%zzMadeUpText'
  const cases: readonly (readonly [body: string, said: string])[] = [
    [path, '***'],
    ['/services/T0/mädeUpMadeUp', '/services/T0/***'],
    ['m%C3%A4deUpMadeUp', '***'],
    ['of/aMadeUpFlow of%2FaMadeUpFlow', '*** ***'],
    ['%zzMadeUpText', '***'],
    ['T0 services 1', 'T0 services 1'],
  ]
  for (const [body, said] of cases) {
    const receiver = await startReceiver(() => ({ status: 400, body }))
    t.after(receiver.stop)
    const options = { proxies: { except: '' }, clock: systemClock, userAgent: 't' }
    const post = postTo({ name: 'team', url: receiver.origin + path }, [], options)
    const message = `Cannot notify "team": "${receiver.origin}" answered 400 (${said})`
    await assert.rejects(post({ headers: {}, body: '{}', signal: SIGNAL }), { message })
  }
})

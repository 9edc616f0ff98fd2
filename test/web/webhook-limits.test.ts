import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWebhookLimits } from '../../src/web/webhook-limits.js'
import { manualClock } from '../parts/manual-clock.js'

const ADDRESS = '192.0.2.1'

test('takes as many requests as one second allows, and then as many a second', async () => {
  const clock = manualClock()
  const limits = createWebhookLimits(clock)
  const taken = (count: number, webhook = 'ci') =>
    Array.from({ length: count }, () => limits.take(webhook, 4)).filter((waitMs) => waitMs === 0).length
  assert.equal(taken(10), 4)
  assert.equal(taken(10, 'hub'), 4)
  assert.equal(limits.take('ci', 4), 250)
  await clock.advance(100)
  assert.equal(limits.take('ci', 4), 150)
  await clock.advance(150)
  assert.equal(taken(10), 1)
  await clock.advance(60_000)
  assert.equal(taken(10), 4)
})

test('takes one request of a webhook that allows less than one a second', async () => {
  const clock = manualClock()
  const limits = createWebhookLimits(clock)
  assert.deepEqual([limits.take('ci', 0.1), limits.take('ci', 0.1)], [0, 10_000])
  await clock.advance(10_000)
  assert.equal(limits.take('ci', 0.1), 0)
})

test('bars an address that fails ten times at once, for this webhook only, until it is a second older', async () => {
  const clock = manualClock()
  const limits = createWebhookLimits(clock)
  for (let failure = 0; failure < 10; failure++) {
    assert.equal(limits.barred('ci', ADDRESS), 0)
    limits.failed('ci', ADDRESS)
  }
  assert.equal(limits.barred('ci', ADDRESS), 1_000)
  assert.deepEqual([limits.barred('ci', '192.0.2.2'), limits.barred('hub', ADDRESS)], [0, 0])
  await clock.advance(1_000)
  assert.equal(limits.barred('ci', ADDRESS), 0)
  limits.failed('ci', ADDRESS)
  assert.equal(limits.barred('ci', ADDRESS), 1_000)
})

test('forgets the oldest of very many addresses', () => {
  const limits = createWebhookLimits(manualClock())
  const fail = (address: string) => {
    for (let failure = 0; failure < 10; failure++) limits.failed('ci', address)
  }
  fail('first')
  fail('second')
  limits.failed('ci', 'first')
  for (let other = 0; other < 9_999; other++) limits.failed('ci', `other ${other}`)
  assert.deepEqual([limits.barred('ci', 'first') > 0, limits.barred('ci', 'second')], [true, 0])
})

test('a clock that is set back gives nothing and takes nothing', () => {
  let now = 100_000
  const limits = createWebhookLimits({ now: () => now, after: () => assert.fail() })
  assert.equal(limits.take('ci', 1), 0)
  now = 0
  assert.equal(limits.take('ci', 1), 1_000)
  now = 1_000
  assert.equal(limits.take('ci', 1), 0)
})

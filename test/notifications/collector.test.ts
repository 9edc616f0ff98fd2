import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Notice } from '../../src/jobs/notices.js'
import { createCollector } from '../../src/notifications/collector.js'
import { manualClock } from '../parts/manual-clock.js'
import { held, pollFailed, pollRecovered } from './notices.js'

test('makes one message of what happens within the interval', async () => {
  const { clock, collector, messages } = collecting(10_000)
  for (let index = 0; index < 200; index++) collector.add(held(`app-${index}`))
  await clock.advance(9_999)
  collector.add(held('late'))
  assert.equal(messages.length, 0)
  await clock.advance(1)
  collector.add(held('next'))
  await clock.advance(60_000)
  assert.deepEqual(
    messages.map(({ length }) => length),
    [201, 1],
  )
})

test('hands over at once what has no interval, what is large and what is left at the end', async () => {
  const soon = collecting(0)
  soon.collector.add(held('app'))
  await soon.clock.advance(0)
  assert.equal(soon.messages.length, 1)
  const { collector, messages } = collecting(10_000)
  for (let index = 0; index < 1_001; index++) collector.add(held('app'))
  assert.deepEqual(
    messages.map(({ length }) => length),
    [1_000],
  )
  collector.flush()
  collector.flush()
  for (let index = 0; index < 20; index++) collector.add(held('app', { reason: 'x'.repeat(20_000) }))
  assert.deepEqual(
    messages.map(({ length }) => length),
    [1_000, 1, 13],
  )
})

test('says nothing of what failed and is over again', async () => {
  const { collector, messages } = collecting(10_000)
  const stays = pollFailed('ghcr.io/acme/api')
  for (const notice of [pollFailed('ghcr.io/acme/web'), stays, pollRecovered('ghcr.io/acme/web')]) collector.add(notice)
  collector.flush()
  collector.add(pollFailed('ghcr.io/acme/web'))
  collector.add(pollRecovered('ghcr.io/acme/web'))
  collector.flush()
  collector.add(pollRecovered('ghcr.io/acme/api'))
  collector.flush()
  assert.deepEqual(messages, [[stays], [pollRecovered('ghcr.io/acme/api')]])
})

function collecting(intervalMs: number) {
  const clock = manualClock()
  const messages: (readonly Notice[])[] = []
  const handOver = (notices: readonly Notice[]) => void messages.push(notices)
  return { clock, messages, collector: createCollector({ intervalMs, clock, handOver }) }
}

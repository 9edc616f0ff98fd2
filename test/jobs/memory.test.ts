import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobsError } from '../../src/jobs/errors.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { KEPT_FAILURES } from '../../src/jobs/options.js'
import { manualClock } from '../parts/manual-clock.js'
import { latch, poll } from './orders.js'

const tooEarly = new JobsError('UNAVAILABLE', 'Cannot look: too early', { retryable: true })

test('tries again after 1, 2 and 4 seconds at the most', async () => {
  const clock = manualClock()
  const jobs = memoryJobs({ clock, random: () => 1 - Number.EPSILON })
  const startedAt = clock.now()
  const triedAt: number[] = []
  jobs.polls.work(async () => {
    triedAt.push(clock.now() - startedAt)
    throw tooEarly
  }, 1)
  await jobs.polls.add(poll('a'))
  await clock.advance(60_000)
  assert.deepEqual(triedAt, [0, 1_000, 3_000, 7_000])
  assert.deepEqual(await jobs.polls.counts(), { waiting: 0, active: 0, delayed: 0, failed: 1 })
})

test('begins an order after failures with all its tries', async () => {
  const clock = manualClock()
  const jobs = memoryJobs({ clock, random: () => 0 })
  const held = latch()
  let tries = 0
  jobs.polls.work(async () => {
    tries += 1
    if (tries === 4) await held.opened
    throw tooEarly
  }, 1)
  await jobs.polls.add(poll('a'))
  await clock.advance(3_500)
  assert.equal(tries, 4)
  await jobs.polls.add(poll('a'))
  held.open()
  await clock.advance(60_000)
  assert.equal(tries, 8)
})

test('takes the next order where the clock was set back since the last', async () => {
  const { after, ...clock } = manualClock()
  let setBackMs = 0
  const jobs = memoryJobs({ clock: { after, now: () => clock.now() - setBackMs }, random: () => 0 })
  const once = { atMostOncePerMs: 1_000 }
  let ran = 0
  jobs.polls.work(async () => void ran++, 1)
  await jobs.polls.add(poll('a'), once)
  await clock.advance(0)
  await jobs.polls.add(poll('a'), once)
  await clock.advance(0)
  assert.equal(ran, 1)
  setBackMs = 3_600_000
  await jobs.polls.add(poll('a'), once)
  await clock.advance(0)
  assert.equal(ran, 2)
})

test('runs thousands in the order they came', async () => {
  const jobs = memoryJobs({ clock: manualClock(), random: () => 0 })
  const keys = Array.from({ length: 10_000 }, (_, index) => `repository-${index}`)
  const ran: string[] = []
  const all = latch()
  jobs.polls.work(async ({ repository }) => {
    ran.push(repository)
    if (ran.length === keys.length) all.open()
  }, 7)
  for (const key of keys) await jobs.polls.add(poll(key))
  await all.opened
  assert.deepEqual(ran, keys)
})

test('counts no more failures than it would keep', async () => {
  const clock = manualClock()
  const jobs = memoryJobs({ clock, random: () => 0 })
  jobs.polls.work(async () => {
    throw new Error('Cannot look: defect')
  }, 1)
  for (let i = 0; i < KEPT_FAILURES + 5; i++) await jobs.polls.add(poll(`repository-${i}`))
  await clock.advance(0)
  assert.deepEqual(await jobs.polls.counts(), { waiting: 0, active: 0, delayed: 0, failed: KEPT_FAILURES })
})

test('drops what waits when it stops, and waits for what is in hand no longer than the grace', async () => {
  const clock = manualClock()
  const jobs = memoryJobs({ clock, random: () => 0, graceMs: 5_000 })
  const ran: string[] = []
  let abortedAt = 0
  jobs.polls.work(async ({ repository }, { signal }) => {
    ran.push(repository)
    if (repository === 'delayed') throw tooEarly
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    abortedAt = clock.now()
  }, 1)
  const stoppedAt = clock.now()
  for (const key of ['delayed', 'in hand', 'waiting']) await jobs.polls.add(poll(key))
  await clock.advance(0)
  const stopped = jobs.stop()
  await clock.advance(60_000)
  await stopped
  assert.deepEqual(ran, ['delayed', 'in hand'])
  assert.equal(abortedAt - stoppedAt, 5_000)
})

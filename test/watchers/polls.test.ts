import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from '../../src/image/repository.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { semverPolicy } from '../../src/policies/semver.js'
import type { PollOutcome } from '../../src/watchers/poll.js'
import { startPolls } from '../../src/watchers/polls.js'
import { type WatchedPolicy, watchesOf } from '../../src/watchers/watch.js'
import { eventually } from '../parts/eventually.js'
import { manualClock } from '../parts/manual-clock.js'

function policy(image: string, schedule: WatchedPolicy['schedule']): WatchedPolicy {
  const range = { rule: '*', policy: semverPolicy('*') }
  const gates = { gates: [], fallback: false, follows: false, ageFrom: 'firstSeen', after: [] } as const
  return { name: image, image, repository: parseRepository(image), schedule, targets: [], ...range, ...gates }
}

const every = (intervalMs: number) => ({ type: 'interval', intervalMs }) as const

function setup(policies: readonly WatchedPolicy[], clock: typeof systemClock, outcome?: () => Promise<PollOutcome>) {
  const polled: string[] = []
  const jobs = memoryJobs({ clock, random: () => 0.5 })
  const troubles: string[] = []
  const poller = {
    poll(watch: { readonly key: string }, trigger: string) {
      polled.push(`${watch.key} ${trigger}`)
      return outcome?.() ?? Promise.resolve({ outcome: 'unchanged' } as const)
    },
  }
  const watches = watchesOf(policies)
  const onTrouble = ({ reason }: { reason: string }) => troubles.push(reason)
  const polls = startPolls({ watches, poller, jobs, clock, random: () => 0.5, onTrouble })
  return { polled, polls, jobs, troubles, poller }
}

const FOUND: PollOutcome = { outcome: 'changed', tags: [] }

describe('polls', () => {
  it('come by interval, once per repository', async () => {
    const clock = manualClock()
    const policies = [policy('ghcr.io/a/a', every(60_000)), policy('ghcr.io/a/b', every(600_000))]
    const { polled, polls } = setup(policies, clock)
    await clock.advance(60 * 60_000)
    await polls.stop()
    const count = (key: string) => polled.filter((entry) => entry === `${key} schedule`).length
    assert.ok(count('ghcr.io/a/a') >= 54 && count('ghcr.io/a/a') <= 66, String(count('ghcr.io/a/a')))
    assert.ok(count('ghcr.io/a/b') >= 6 && count('ghcr.io/a/b') <= 7, String(count('ghcr.io/a/b')))
  })

  it('come by cron expression', async () => {
    const { polled, polls } = setup([policy('ghcr.io/a/a', { type: 'cron', expression: '* * * * * *' })], systemClock)
    await eventually('two polls', () => polled.length >= 2)
    await polls.stop()
    const before = polled.length
    assert.deepEqual(new Set(polled), new Set(['ghcr.io/a/a schedule']))
    assert.equal(polled.length, before)
  })

  it('tell when the first pass is over, failed looks included', async () => {
    const clock = manualClock()
    const policies = [
      policy('ghcr.io/a/a', every(60_000)),
      policy('ghcr.io/a/b', every(60_000)),
      policy('ghcr.io/a/c', { type: 'cron', expression: '0 0 1 1 *' }),
    ]
    let fails = true
    const { polls } = setup(policies, clock, async () => {
      if (fails) {
        fails = false
        throw new Error('defect')
      }
      return { outcome: 'unchanged' }
    })
    let over = false
    polls.firstPass.then(() => {
      over = true
    })
    assert.equal(over, false)
    await clock.advance(5_000)
    assert.equal(over, true)
    await polls.stop()
  })

  it('of a host that does not answer leave room for all others', async () => {
    const clock = manualClock()
    let end = () => {}
    const answer = new Promise<PollOutcome>((resolve) => {
      end = () => resolve({ outcome: 'unchanged' })
    })
    const slow = Array.from({ length: 100 }, (_, index) => policy(`slow.example.com/a/a${index}`, every(60_000)))
    const { polled, polls } = setup([...slow, policy('ghcr.io/a/b', every(60_000))], clock, () => answer)
    await clock.advance(60_000)
    assert.ok(polled.includes('ghcr.io/a/b schedule'))
    assert.equal(polled.length, 101)
    end()
    await polls.stop()
  })

  it('come again after a push event as soon as the rest that it met is over, and once', async () => {
    const clock = manualClock()
    const restUntil = clock.now() + 600_000
    const rests: PollOutcome[] = [
      { outcome: 'failed', reason: 'left alone', notBefore: restUntil, resting: true },
      { outcome: 'failed', reason: 'left alone', notBefore: restUntil, resting: true },
      { outcome: 'skipped' },
    ]
    const cron = policy('ghcr.io/a/a', { type: 'cron', expression: '0 0 1 1 *' })
    const { polled, polls, jobs } = setup([cron], clock, async () => rests.shift() ?? FOUND)
    await jobs.watched.set('ghcr.io/a/a', {
      version: 1,
      rules: '',
      failures: 1,
      notBefore: 0,
      restUntil: restUntil + 60_000,
    })
    for (let event = 0; event < 2; event++) {
      await jobs.polls.add({ version: 1, repository: 'ghcr.io/a/a', trigger: 'event' })
      await clock.advance(300_000 - 1)
    }
    assert.equal(polled.length, 2)
    await clock.advance(2 + 5_000)
    assert.equal(polled.length, 3)
    await clock.advance(59_000)
    assert.equal(polled.length, 3)
    await clock.advance(1_000_000)
    assert.equal(polled.length, 4)
    await polls.stop()
  })

  it('come again after a push event that was told before the manifest could be read', async () => {
    const clock = manualClock()
    const early: PollOutcome = {
      outcome: 'failed',
      reason: 'listed, but has no manifest',
      notBefore: clock.now() + 3_600_000,
      resting: false,
      again: clock.now() + 2_000,
    }
    const outcomes = [early]
    const cron = policy('ghcr.io/a/a', { type: 'cron', expression: '0 0 1 1 *' })
    const { polled, polls, jobs } = setup([cron], clock, async () => outcomes.shift() ?? FOUND)
    await jobs.polls.add({ version: 1, repository: 'ghcr.io/a/a', trigger: 'event' })
    await clock.advance(1_999)
    assert.equal(polled.length, 1)
    await clock.advance(1)
    assert.equal(polled.length, 2)
    await clock.advance(60_000)
    assert.equal(polled.length, 2)
    await polls.stop()
  })

  it('do not come again after a look of the schedule, or after the end', async () => {
    const clock = manualClock()
    const rest = { outcome: 'failed', reason: 'left alone', notBefore: clock.now() + 1_000, resting: true } as const
    const { polled, polls, jobs } = setup([policy('ghcr.io/a/a', every(600_000))], clock, async () => rest)
    await clock.advance(500_000)
    assert.deepEqual(polled, ['ghcr.io/a/a schedule'])
    await jobs.polls.add({ version: 1, repository: 'ghcr.io/a/a', trigger: 'event' })
    await clock.advance(0)
    await polls.stop()
    await clock.advance(1_000_000)
    assert.deepEqual(polled, ['ghcr.io/a/a schedule', 'ghcr.io/a/a event'])
  })

  it('pass over an order for what this process does not watch', async () => {
    const clock = manualClock()
    const { polled, polls, jobs } = setup([policy('ghcr.io/a/a', every(60_000))], clock)
    await clock.advance(1_000)
    await jobs.polls.add({ version: 1, repository: 'ghcr.io/other/x', trigger: 'event' })
    await jobs.polls.add({ version: 1, repository: 'ghcr.io/a/a', trigger: 'event' })
    await clock.advance(1_000)
    await polls.stop()
    assert.deepEqual(polled, ['ghcr.io/a/a schedule', 'ghcr.io/a/a event'])
  })

  it('follow other watches: new and changed ones at once, the others in their turn', async () => {
    const clock = manualClock()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => policy(`ghcr.io/a/${name}`, every(600_000)))
    assert.ok(a && b && c)
    const { polled, polls, poller } = setup([a, b], clock)
    await clock.advance(60_000)
    assert.deepEqual(polled.splice(0), ['ghcr.io/a/a schedule', 'ghcr.io/a/b schedule'])
    await polls.follow({ watches: watchesOf([a, { ...b, rule: 'another' }, c]), poller })
    await clock.advance(60_000)
    assert.deepEqual(polled.splice(0), ['ghcr.io/a/b schedule', 'ghcr.io/a/c schedule'])
    await polls.follow({ watches: watchesOf([a]), poller })
    await clock.advance(600_000)
    assert.deepEqual(polled, ['ghcr.io/a/a schedule'])
    await polls.stop()
  })

  it('end a look with the poller that it began with', async () => {
    const clock = manualClock()
    let end = () => {}
    const answer = new Promise<PollOutcome>((resolve) => {
      end = () => resolve({ outcome: 'unchanged' })
    })
    const { polled, polls, poller } = setup([policy('ghcr.io/a/a', every(60_000))], clock, () => answer)
    await clock.advance(1_000)
    let over = false
    const followed = polls.follow({ watches: new Map(), poller }).then(() => {
      over = true
    })
    await clock.advance(120_000)
    assert.deepEqual([polled.length, over], [1, false])
    end()
    await followed
    await polls.firstPass
    await polls.stop()
  })
})

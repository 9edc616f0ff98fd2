import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRepository } from '../../src/image/repository.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import type { UpdateJob } from '../../src/jobs/payloads.js'
import { semverPolicy } from '../../src/policies/semver.js'
import type { Poll } from '../../src/telemetry/events.js'
import { createPoller } from '../../src/watchers/poll.js'
import { RegistryError } from '../../src/watchers/registry/errors.js'
import { type Watch, type WatchedPolicy, watchesOf } from '../../src/watchers/watch.js'
import { manualClock } from '../parts/manual-clock.js'
import { digestOf, scriptedRegistry } from './scripted-registry.js'
import { APP, MINUTE, watched } from './watching.js'

function policy(name: string, range: string, more: Partial<WatchedPolicy> = {}): WatchedPolicy {
  return watched(name, {}, { rule: range, policy: semverPolicy(range), ...more })
}

function setup(tags: readonly string[] | Error, policies: readonly WatchedPolicy[] = [policy('app', '1.x')]) {
  const clock = manualClock()
  const registry = scriptedRegistry({ [APP]: tags })
  const jobs = memoryJobs({ clock, random: () => 0.5 })
  const polls: Poll[] = []
  const selected: string[] = []
  const updates: UpdateJob[] = []
  jobs.updates.work(async (job) => {
    updates.push(job)
  }, 1)
  const events = {
    polled: (poll: Poll) => polls.push(poll),
    judged: () => {},
    selected: ({ policy, tag, reason }: { policy: string; tag?: string | undefined; reason?: string | undefined }) =>
      selected.push(`${policy} ${tag ?? reason}`),
  }
  const newPoller = () => createPoller({ registry, jobs, events, clock, random: () => 0.5 })
  const [watch] = watchesOf(policies).values()
  assert.ok(watch)
  let poller = newPoller()
  return {
    clock,
    registry,
    jobs,
    polls,
    selected,
    updates,
    restart: () => {
      poller = newPoller()
    },
    poll: async (trigger: 'schedule' | 'event' | 'request' = 'schedule', watched: Watch = watch) => {
      const outcome = await poller.poll(watched, trigger, new AbortController().signal)
      await clock.advance(0)
      return outcome
    },
  }
}

describe('poll', () => {
  it('selects, resolves the digest, remembers when it was first seen, and orders the update', async () => {
    const { poll, jobs, updates, selected, clock } = setup(['1.0.0', '1.2.0', '2.0.0'])
    const { outcome } = await poll()
    assert.equal(outcome, 'changed')
    assert.deepEqual(await jobs.selections.get('app'), {
      version: 1,
      repository: APP,
      rule: '1.x',
      tag: '1.2.0',
      digest: digestOf(`${APP}:1.2.0`),
      firstSeenAt: clock.now(),
    })
    assert.deepEqual(updates, [{ version: 1, git: 'fleet', branch: 'main' }])
    assert.deepEqual(selected, ['app 1.2.0'])
  })

  it('costs one request and writes nothing where nothing is new', async (t) => {
    const { poll, registry, jobs, updates, clock } = setup(['1.0.0'])
    await poll()
    const written = t.mock.method(jobs.watched, 'set')
    registry.asked.length = 0
    updates.length = 0
    await clock.advance(5 * MINUTE)
    assert.deepEqual(await poll(), { outcome: 'unchanged' })
    assert.deepEqual(registry.asked, [`tags ${APP}`])
    assert.deepEqual(updates, [])
    assert.equal(written.mock.callCount(), 0)
  })

  it('lists once for all policies of a repository, and asks for each digest once', async () => {
    const policies = [policy('a', '1.x'), policy('b', '<1.5'), policy('c', '2.x')]
    const { poll, registry, selected } = setup(['1.0.0', '2.0.0'], policies)
    await poll()
    assert.deepEqual(registry.asked, [`tags ${APP}`, `digest ${APP}:1.0.0`, `digest ${APP}:2.0.0`])
    assert.deepEqual(selected, ['a 1.0.0', 'b 1.0.0', 'c 2.0.0'])
  })

  it('keeps the first sight of a tag that stays selected while others come', async () => {
    const { poll, registry, jobs, clock } = setup(['1.0.0'])
    const first = clock.now()
    await poll()
    await clock.advance(5 * MINUTE)
    registry.repositories.set(APP, ['1.0.0', '2.0.0'])
    await poll()
    assert.equal((await jobs.selections.get('app'))?.firstSeenAt, first)
  })

  it('says why nothing is selected, and orders no update', async () => {
    const { poll, jobs, updates, registry } = setup(['2.0.0', 'latest'])
    await poll()
    assert.equal((await jobs.selections.get('app'))?.reason, 'none of the 2 tags qualifies')
    registry.repositories.set(APP, [])
    await poll()
    assert.equal((await jobs.selections.get('app'))?.reason, 'the repository has no tags')
    assert.deepEqual(updates, [])
  })

  it('looks anew where the rule changed although the tags did not', async () => {
    const { poll, jobs } = setup(['1.0.0', '2.0.0'])
    await poll()
    const [changed] = watchesOf([policy('app', '2.x')]).values()
    await poll('schedule', changed)
    assert.equal((await jobs.selections.get('app'))?.tag, '2.0.0')
  })

  it('looks whole again where a selection is lost, and after a restart', async () => {
    const { poll, jobs, restart } = setup(['1.0.0'])
    await poll()
    await jobs.selections.set('app', { version: 1, repository: APP, rule: 'lost', firstSeenAt: 0 })
    assert.equal((await poll()).outcome, 'changed')
    assert.equal((await jobs.selections.get('app'))?.tag, '1.0.0')
    assert.equal((await poll()).outcome, 'unchanged')
    restart()
    assert.equal((await poll()).outcome, 'changed')
  })
})

describe('poll: failures', () => {
  const unreachable = new RegistryError('UNREACHABLE', `Cannot list tags of "${APP}": connection refused`, {
    retryable: true,
  })

  it('a failing repository is asked less often with each failure, and never sooner than its interval', async () => {
    const { poll, registry, clock } = setup(unreachable)
    const asked: number[] = []
    for (let minute = 0; minute < 24 * 60; minute++) {
      const before = registry.asked.length
      await poll()
      if (registry.asked.length > before) asked.push(minute)
      await clock.advance(MINUTE)
    }
    const gaps = asked.slice(1).map((minute, index) => minute - (asked[index] ?? 0))
    assert.ok(
      gaps.every((gap) => gap >= 5),
      gaps.join(),
    )
    assert.deepEqual(
      gaps.slice(0, 4),
      [...gaps.slice(0, 4)].sort((a, b) => a - b),
    )
    assert.ok((gaps[5] ?? 0) >= 30, gaps.join())
    assert.ok(Math.max(...gaps) <= 60, gaps.join())
  })

  it('keeps the old selection, and comes back by itself', async () => {
    const { poll, registry, jobs, clock } = setup(['1.0.0'])
    await poll()
    registry.repositories.set(APP, unreachable)
    const failed = await poll()
    assert.equal(failed.outcome === 'failed' && failed.reason, unreachable.message)
    assert.equal((await jobs.selections.get('app'))?.tag, '1.0.0')
    registry.repositories.set(APP, ['1.0.0', '1.1.0'])
    assert.equal((await poll()).outcome, 'skipped')
    await clock.advance(10 * MINUTE)
    assert.equal((await poll()).outcome, 'changed')
    assert.equal((await jobs.selections.get('app'))?.tag, '1.1.0')
  })

  it('comes back where the clock is set back meanwhile', async () => {
    const { poll, registry, clock } = setup([])
    const retryAt = clock.now() + 60 * MINUTE
    registry.repositories.set(APP, new RegistryError('RATE_LIMITED', 'Cannot list', { retryable: true, retryAt }))
    await poll()
    assert.equal((await poll()).outcome, 'skipped')
    registry.repositories.set(APP, ['1.0.0'])
    await clock.advance(-24 * 60 * MINUTE)
    assert.equal((await poll('event')).outcome, 'changed')
  })

  it('looks at once after a push event all the same, and where a person asks', async () => {
    const { poll } = setup(unreachable)
    await poll()
    assert.equal((await poll('schedule')).outcome, 'skipped')
    assert.equal((await poll('event')).outcome, 'failed')
    assert.equal((await poll('request')).outcome, 'failed')
  })

  it('keeps silent towards a registry that asks for it, push event or not', async () => {
    const { poll, registry, clock } = setup([])
    const retryAt = clock.now() + 30 * MINUTE
    registry.repositories.set(APP, new RegistryError('RATE_LIMITED', 'Cannot list', { retryable: true, retryAt }))
    await poll()
    assert.equal((await poll('event')).outcome, 'skipped')
    await clock.advance(29 * MINUTE)
    assert.equal((await poll('schedule')).outcome, 'skipped')
    await clock.advance(MINUTE)
    assert.equal((await poll('event')).outcome, 'failed')
  })

  it('does not select a tag that is listed and has no manifest, and goes on with the other policies', async () => {
    const { poll, registry, jobs, polls } = setup(['1.0.0', '2.0.0'], [policy('a', '2.x'), policy('b', '1.x')])
    registry.dangling.add(`${APP}:2.0.0`)
    await poll()
    assert.equal(await jobs.selections.get('a'), undefined)
    assert.equal((await jobs.selections.get('b'))?.tag, '1.0.0')
    assert.equal(polls[0]?.outcome, 'failed')
    assert.match(polls[0]?.reason ?? '', /2\.0\.0.*has no manifest/)
  })

  it('says when such a tag is worth another look, which is soon and then later', async () => {
    const { poll, registry, clock } = setup(['1.0.0'])
    registry.dangling.add(`${APP}:1.0.0`)
    const pauses: number[] = []
    for (let look = 0; look < 3; look++) {
      const outcome = await poll('event')
      pauses.push((outcome.outcome === 'failed' ? (outcome.again ?? 0) : 0) - clock.now())
    }
    assert.deepEqual(pauses, [1_500, 3_000, 6_000])
  })
})

describe('poll: a suspect list', () => {
  const WHOLE = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '2.0.0']

  it('changes nothing, and is forgotten when the whole list comes back', async () => {
    const { poll, registry, jobs, updates, clock } = setup(WHOLE)
    await poll()
    updates.length = 0
    for (const list of [['1.0.0', '1.1.0'], [], ['9.0.0']]) {
      registry.repositories.set(APP, list)
      assert.equal((await poll()).outcome, 'suspect')
      await clock.advance(MINUTE)
    }
    assert.equal((await jobs.selections.get('app'))?.tag, '1.3.0')
    assert.deepEqual(updates, [])
    registry.repositories.set(APP, WHOLE)
    assert.deepEqual(await poll(), { outcome: 'unchanged' })
    assert.equal((await jobs.watched.get(APP))?.suspectSince, undefined)
  })

  it('is believed by the first look after five minutes', async () => {
    const { poll, registry, jobs, clock } = setup(WHOLE)
    await poll()
    registry.repositories.set(APP, ['1.0.0'])
    const { outcome, ...rest } = await poll()
    assert.deepEqual([outcome, rest], ['suspect', { reason: 'the list of 1 tags lacks "1.3.0", which is selected' }])
    await clock.advance(5 * MINUTE - 1)
    assert.equal((await poll()).outcome, 'suspect')
    await clock.advance(1)
    assert.equal((await poll()).outcome, 'changed')
    assert.equal((await jobs.selections.get('app'))?.tag, '1.0.0')
    assert.deepEqual(await poll(), { outcome: 'unchanged' })
  })

  it('is believed after five minutes where the clock is set back, too', async () => {
    const { poll, registry, clock } = setup(WHOLE)
    await poll()
    registry.repositories.set(APP, ['1.0.0'])
    assert.equal((await poll()).outcome, 'suspect')
    await clock.advance(-24 * 60 * MINUTE)
    assert.equal((await poll()).outcome, 'suspect')
    await clock.advance(5 * MINUTE)
    assert.equal((await poll()).outcome, 'changed')
  })

  for (const code of ['UNAVAILABLE', 'RESTING'] as const) {
    it(`is suspect after a restart too, and five minutes more where a look in between is ${code}`, async () => {
      const { poll, registry, jobs, restart, clock } = setup(WHOLE)
      await poll()
      restart()
      registry.repositories.set(APP, ['1.3.0'])
      assert.equal((await poll()).outcome, 'suspect')
      registry.repositories.set(APP, new RegistryError(code, 'Cannot list: 503', { retryable: true }))
      assert.equal((await poll()).outcome, 'failed')
      registry.repositories.set(APP, ['1.3.0'])
      await clock.advance(10 * MINUTE)
      assert.equal((await poll()).outcome, 'suspect')
      await clock.advance(5 * MINUTE)
      assert.equal((await poll()).outcome, 'changed')
      assert.equal((await jobs.watched.get(APP))?.tags, 1)
    })
  }

  it('that is believed stays so where a tag of it cannot be resolved yet', async () => {
    const { poll, registry, clock } = setup(WHOLE)
    await poll()
    registry.repositories.set(APP, ['1.0.0'])
    registry.dangling.add(`${APP}:1.0.0`)
    await poll()
    await clock.advance(5 * MINUTE)
    assert.equal((await poll()).outcome, 'failed')
    registry.dangling.clear()
    assert.equal((await poll('request')).outcome, 'changed')
  })

  it('is none where only the rule changed', async () => {
    const { poll, registry } = setup(WHOLE)
    await poll()
    registry.repositories.set(APP, WHOLE.slice(0, 3))
    const [changed] = watchesOf([policy('app', '<1.2')]).values()
    assert.equal((await poll('schedule', changed)).outcome, 'changed')
  })
})

it('a look that the host is left alone at has not failed', async () => {
  const { poll, registry, jobs, clock } = setup(['1.0.0'])
  await poll()
  const before = await jobs.watched.get(APP)
  const retryAt = clock.now() + 10_000
  registry.repositories.set(APP, new RegistryError('RESTING', 'Cannot list: left alone', { retryable: true, retryAt }))
  const expected = { outcome: 'failed', reason: 'Cannot list: left alone', notBefore: retryAt, resting: true }
  assert.deepEqual(await poll(), expected)
  assert.deepEqual(await jobs.watched.get(APP), before)
  registry.repositories.set(APP, ['1.0.0'])
  assert.deepEqual(await poll(), { outcome: 'unchanged' })
})

describe('watches', () => {
  it('take the shortest interval, and every distinct cron expression', () => {
    const cron = (expression: string) => ({ schedule: { type: 'cron' as const, expression } })
    const watches = watchesOf([
      policy('a', '1.x'),
      policy('b', '1.x', { schedule: { type: 'interval', intervalMs: MINUTE } }),
      policy('c', '1.x', cron('0 8 * * *')),
      policy('d', '1.x', cron('0 8 * * *')),
      policy('e', '1.x', { image: 'alpine', repository: parseRepository('alpine'), ...cron('0 9 * * *') }),
    ])
    assert.deepEqual([...watches.keys()], [APP, 'docker.io/library/alpine'])
    assert.equal(watches.get(APP)?.intervalMs, MINUTE)
    assert.deepEqual(watches.get(APP)?.crons, [{ type: 'cron', expression: '0 8 * * *' }])
    assert.equal(watches.get('docker.io/library/alpine')?.intervalMs, undefined)
  })
})

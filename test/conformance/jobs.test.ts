import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { bullmqJobs } from '../../src/jobs/bullmq.js'
import { JobsError } from '../../src/jobs/errors.js'
import type { PolicyHolds } from '../../src/jobs/holds.js'
import type { Jobs } from '../../src/jobs/jobs.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import type { JobsOptions, Trouble } from '../../src/jobs/options.js'
import type { PollJob, Selection } from '../../src/jobs/payloads.js'
import type { LookReport } from '../../src/jobs/shown.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { latch, message, poll, update } from '../jobs/orders.js'
import { eventually } from '../parts/eventually.js'
import { type RunningRedis, startRedis } from '../parts/redis.js'

let redis: RunningRedis
let opened = 0
const adapters: readonly (readonly [name: string, open: (options: JobsOptions) => Jobs])[] = [
  ['memory', memoryJobs],
  ['bullmq', (options) => bullmqJobs({ ...options, redis: redis.url, prefix: `conformance-${++opened}` })],
]

describe('jobs', { concurrency: true }, () => {
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.stop())
  for (const [name, openJobs] of adapters) conform(name, openJobs)
})

function conform(name: string, openJobs: (options: JobsOptions) => Jobs) {
  describe(`in ${name}`, { concurrency: true }, () => {
    test('runs jobs of different keys side by side, as many as it may', async () => {
      await withJobs(async (jobs) => {
        const held = latch()
        const begun: string[] = []
        jobs.polls.work(async ({ repository }) => {
          begun.push(repository)
          await held.opened
        }, 2)
        for (const repository of ['a', 'b', 'c']) await jobs.polls.add(poll(repository))
        await eventually('two run', () => begun.length === 2)
        await eventually('both count', async () => (await jobs.polls.counts()).active === 2)
        assert.deepEqual(await jobs.polls.counts(), { waiting: 1, active: 2, delayed: 0, failed: 0 })
        held.open()
        await eventually('all have run', () => begun.length === 3)
        assert.deepEqual(begun, ['a', 'b', 'c'])
        await eventually('none is left', async () => (await jobs.polls.counts()).active === 0)
      })
    })

    test('keeps its two queues apart', async () => {
      await withJobs(async (jobs) => {
        const updated: string[] = []
        jobs.updates.work(async ({ git, branch }) => void updated.push(`${git} ${branch}`), 1)
        await jobs.polls.add(poll('ghcr.io/org/app:with/odd:characters'))
        await jobs.updates.add(update('release/1.0'))
        await eventually('the update has run', () => updated.length === 1)
        assert.deepEqual(updated, ['fleet release/1.0'])
        assert.equal((await jobs.polls.counts()).waiting, 1)
      })
    })

    test('folds what is ordered while the same waits, and keeps the most urgent trigger', async () => {
      await withJobs(async (jobs) => {
        for (const trigger of ['schedule', 'event', 'schedule'] as const) await jobs.polls.add(poll('a', trigger))
        await jobs.polls.add(poll('b', 'schedule'))
        await jobs.polls.add(poll('c', 'event'))
        await jobs.polls.add(poll('c', 'request'))
        await jobs.polls.add(poll('c', 'event'))
        assert.equal((await jobs.polls.counts()).waiting, 3)
        const ran: PollJob[] = []
        jobs.polls.work(async (job) => void ran.push(job), 1)
        await eventually('three have run', () => ran.length === 3)
        await jobs.polls.stop()
        assert.deepEqual(ran, [poll('a', 'event'), poll('b', 'schedule'), poll('c', 'request')])
      })
    })

    test('runs once more for all that is ordered while the same is active', async () => {
      await withJobs(async (jobs) => {
        const held = latch()
        const ran: string[] = []
        jobs.polls.work(async ({ trigger }) => {
          ran.push(trigger)
          if (ran.length === 1) await held.opened
        }, 5)
        await jobs.polls.add(poll('a'))
        await eventually('it runs', () => ran.length === 1)
        for (const trigger of ['schedule', 'event', 'schedule'] as const) await jobs.polls.add(poll('a', trigger))
        held.open()
        await eventually('it has run again', () => ran.length === 2)
        await eventually('none is left', async () => (await jobs.polls.counts()).active === 0)
        assert.deepEqual(ran, ['schedule', 'event'])
      })
    })

    test('loses no order that is given as the job finishes', async () => {
      await withJobs(async (jobs) => {
        const orders: Promise<void>[] = []
        let runs = 0
        jobs.polls.work(async () => {
          runs += 1
          if (runs < 200) orders.push(jobs.polls.add(poll('a')))
        }, 3)
        await jobs.polls.add(poll('a'))
        await eventually('each order has led to a run', () => runs === 200)
        await Promise.all(orders)
        await eventually('none is left', async () => (await jobs.polls.counts()).active === 0)
        assert.equal(runs, 200)
      })
    })

    test('never runs one key twice at a time, and runs after the last order of each', async () => {
      await withJobs(async (jobs) => {
        const keys = ['a', 'b', 'c']
        const active = new Set<string>()
        const ordered = new Map<string, number>()
        const begun = new Map<string, number>()
        let overlaps = 0
        let moment = 0
        jobs.polls.work(async ({ repository }) => {
          if (active.has(repository)) overlaps += 1
          active.add(repository)
          begun.set(repository, ++moment)
          await pause(Math.random() * 3)
          active.delete(repository)
        }, 10)
        for (let i = 0; i < 300; i++) {
          const key = keys[i % keys.length] ?? ''
          ordered.set(key, ++moment)
          await jobs.polls.add(poll(key))
        }
        const isAfter = (key: string) => (begun.get(key) ?? 0) > (ordered.get(key) ?? 0)
        await eventually('each key has run after its last order', () => keys.every(isAfter))
        assert.equal(overlaps, 0)
      })
    })

    test('tries again what may succeed later, and runs after what is ordered meanwhile', async () => {
      await withJobs(async (jobs, troubles) => {
        const ran: string[] = []
        jobs.polls.work(async ({ trigger }) => {
          ran.push(trigger)
          if (ran.length === 1) throw new JobsError('UNAVAILABLE', 'Cannot look', { retryable: true })
        }, 1)
        await jobs.polls.add(poll('a'))
        await eventually('it is delayed', async () => (await jobs.polls.counts()).delayed === 1)
        await jobs.polls.add(poll('a', 'event'))
        await eventually('it has run again', () => ran.length === 2)
        assert.deepEqual(ran, ['schedule', 'event'])
        await eventually('none is left', async () => (await jobs.polls.counts()).active === 0)
        assert.deepEqual(await jobs.polls.counts(), { waiting: 0, active: 0, delayed: 0, failed: 0 })
        assert.deepEqual(troubles, [])
      })
    })

    test('sets aside after four tries', async () => {
      await withJobs(async (jobs, troubles) => {
        let tries = 0
        jobs.polls.work(async () => {
          tries += 1
          throw new JobsError('UNAVAILABLE', 'Cannot look: away', { retryable: true })
        }, 1)
        await jobs.polls.add(poll('a'))
        await eventually('it has failed', async () => (await jobs.polls.counts()).failed === 1)
        assert.equal(tries, 4)
        await eventually('it is told', () => troubles.length === 1)
        assert.deepEqual(troubles, [{ queue: 'polls', reason: 'Job set aside: Cannot look: away' }])
      })
    })

    test('carries each message by itself, and tries it again no sooner than it was asked to', async () => {
      await withJobs(async (jobs) => {
        const tries: [string, number][] = []
        const startedAt = Date.now()
        const busy = Object.assign(new JobsError('UNAVAILABLE', 'Cannot send: too many', { retryable: true }), {
          retryAt: startedAt + 2_500,
        })
        jobs.notices.work(async ({ id, notices }) => {
          tries.push([`${id} ${notices.length}`, Date.now() - startedAt])
          if (id === 'c' && tries.length <= 3) throw busy
        }, 1)
        for (const id of ['a', 'b', 'c']) await jobs.notices.add(message(id))
        await eventually('the last is tried again', () => tries.length === 4)
        assert.deepEqual(
          tries.map(([what]) => what),
          ['a 1', 'b 1', 'c 1', 'c 1'],
        )
        assert.ok((tries[3]?.[1] ?? 0) >= 2_500, `again after ${tries[3]?.[1]} ms`)
      })
    })

    test('sets aside at once what would fail again, and runs what was ordered meanwhile', async () => {
      await withJobs(async (jobs, troubles) => {
        const held = latch()
        let runs = 0
        jobs.polls.work(async () => {
          runs += 1
          if (runs > 1) return
          await held.opened
          throw new Error('Cannot look: defect')
        }, 1)
        await jobs.polls.add(poll('a'))
        await eventually('it runs', () => runs === 1)
        await jobs.polls.add(poll('a'))
        held.open()
        await eventually('it has run again', () => runs === 2)
        await eventually('the first is told', () => troubles.length === 1)
        assert.deepEqual(troubles, [{ queue: 'polls', reason: 'Job set aside: Cannot look: defect' }])
        assert.equal((await jobs.polls.counts()).failed, 1)
      })
    })

    test('refuses a payload that it does not know', async () => {
      await withJobs(async (jobs) => {
        const unknown = { ...poll('a'), version: 2 } as unknown as PollJob
        await assert.rejects(jobs.polls.add(unknown), {
          code: 'INVALID_PAYLOAD',
          retryable: false,
          message: 'Cannot read a job of "polls": version: Invalid input: expected 1',
        })
        assert.equal((await jobs.polls.counts()).waiting, 0)
      })
    })

    test('takes an order at most once per time where asked to', async () => {
      await withJobs(async (jobs) => {
        const ran: string[] = []
        jobs.polls.work(async ({ repository }) => void ran.push(repository), 1)
        const order = async (repository: string, atMostOncePerMs: number) => {
          await jobs.polls.add(poll(repository), { atMostOncePerMs })
          await eventually('none is left', async () => (await jobs.polls.counts()).waiting === 0)
        }
        await order('a', 600_000)
        await order('a', 600_000)
        await order('b', 50)
        await eventually('both have run', () => ran.length === 2)
        assert.deepEqual(ran, ['a', 'b'])
        await eventually('it is taken again', async () => {
          await order('b', 50)
          return ran.length > 2
        })
        assert.ok(!ran.slice(1).includes('a'))
      })
    })

    test('stops when the work in hand is done, and takes nothing new', async () => {
      await withJobs(async (jobs) => {
        const held = latch()
        const done: string[] = []
        let aborted = false
        jobs.polls.work(async ({ repository }, { signal }) => {
          await held.opened
          await jobs.updates.add(update('main'))
          aborted = signal.aborted
          done.push(repository)
        }, 1)
        await jobs.polls.add(poll('a'))
        await jobs.polls.add(poll('b'))
        await eventually('it runs', async () => (await jobs.polls.counts()).active === 1)
        const stopped = jobs.stop()
        held.open()
        await stopped
        await jobs.stop()
        assert.deepEqual(done, ['a'])
        assert.equal(aborted, false)
        await assert.rejects(jobs.polls.add(poll('c')), { code: 'UNAVAILABLE', retryable: true })
        await assert.rejects(jobs.ping(), { code: 'UNAVAILABLE', retryable: true })
      })
    })

    test('aborts what is in hand for longer than the grace', async () => {
      await withJobs(
        async (jobs, troubles) => {
          let reason: unknown
          jobs.polls.work(async (_job, { signal }) => {
            await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
            reason = signal.reason
            throw signal.reason
          }, 1)
          await jobs.polls.add(poll('a'))
          await eventually('it runs', async () => (await jobs.polls.counts()).active === 1)
          await jobs.stop()
          assert.ok(reason instanceof JobsError)
          assert.deepEqual(troubles, [])
        },
        { graceMs: 50 },
      )
    })

    test('keeps records', async () => {
      await withJobs(async (jobs) => {
        const podinfo: Selection = {
          version: 1,
          repository: 'ghcr.io/org/podinfo',
          rule: '*',
          tag: '1.0.0',
          firstSeenAt: 1,
        }
        assert.equal(await jobs.selections.get('podinfo'), undefined)
        await jobs.selections.set('podinfo', podinfo)
        await jobs.selections.set('odd: name/é', { ...podinfo, tag: '2.0.0' })
        await jobs.selections.set('podinfo', { ...podinfo, tag: '1.0.1' })
        assert.deepEqual(await jobs.selections.get('podinfo'), { ...podinfo, tag: '1.0.1' })
        assert.deepEqual(
          [...(await jobs.selections.getAll(['podinfo', 'none', 'odd: name/é']))],
          [
            ['podinfo', { ...podinfo, tag: '1.0.1' }],
            ['odd: name/é', { ...podinfo, tag: '2.0.0' }],
          ],
        )
        assert.equal((await jobs.selections.getAll([])).size, 0)
        assert.equal(await jobs.watched.get('podinfo'), undefined)
      })
    })

    test('keeps what is shown, many at once', async () => {
      await withJobs(async ({ shown }) => {
        const look = (at: number): LookReport => ({ version: 1, at, outcome: 'failed', reason: 'away' })
        await shown.looks.setAll(new Map())
        await shown.looks.setAll(new Map(Array.from({ length: 1_000 }, (_, at) => [`app-${at}`, look(at)])))
        await shown.looks.setAll(new Map([['app-1', look(7)]]))
        assert.deepEqual(
          [...(await shown.looks.getAll(['app-1', 'none', 'app-999']))],
          [
            ['app-1', look(7)],
            ['app-999', look(999)],
          ],
        )
      })
    })

    test('lists all holds', async () => {
      await withJobs(async ({ holds }) => {
        assert.equal((await holds.entries()).size, 0)
        const held: PolicyHolds = {
          version: 1,
          holds: [{ reason: 'leaks', at: 1 }],
          releases: [{ tag: '1.0.0', at: 2 }],
        }
        const others: PolicyHolds = { ...held, releases: [] }
        await holds.setAll(
          new Map([
            ['podinfo', held],
            ['odd: name/é', held],
          ]),
        )
        await holds.set('podinfo', others)
        assert.deepEqual(
          await holds.entries(),
          new Map([
            ['podinfo', others],
            ['odd: name/é', held],
          ]),
        )
      })
    })

    test('counts what is told to have changed', async () => {
      await withJobs(async ({ shown: { changes } }) => {
        const counts = new Set([await changes.count(), await changes.count()])
        assert.equal(counts.size, 1)
        for (let times = 0; times < 3; times++) {
          await changes.tell()
          counts.add(await changes.count())
        }
        assert.equal(counts.size, 4)
      })
    })

    test('answers when asked whether it is there', async () => {
      await withJobs((jobs) => jobs.ping())
    })
  })

  async function withJobs(
    use: (jobs: Jobs, troubles: readonly Trouble[]) => Promise<void>,
    options: Partial<JobsOptions> = {},
  ) {
    const troubles: Trouble[] = []
    const onTrouble = (trouble: Trouble) => troubles.push(trouble)
    const jobs = openJobs({ clock: systemClock, random: () => 0, onTrouble, ...options })
    try {
      await use(jobs, troubles)
    } finally {
      await jobs.stop()
    }
  }
}

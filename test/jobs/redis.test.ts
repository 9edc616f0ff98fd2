import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { JobsError } from '../../src/jobs/errors.js'
import { eventually } from '../parts/eventually.js'
import type { RunningRedis } from '../parts/redis.js'
import { latch, poll } from './orders.js'
import { withJobs, withRedis } from './with-jobs.js'

const AWAY = { name: 'JobsError', code: 'UNAVAILABLE', retryable: true } as const
/** About a second, on a machine that is busy with other tests. */
const SOON_MS = 2_000

describe('Redis', { concurrency: true }, () => {
  test('that was emptied costs nothing but the jobs in it', () =>
    withRedis({}, async (redis) => {
      await withJobs({ redis: redis.url }, async (jobs) => {
        const held = latch()
        const ran: string[] = []
        jobs.polls.work(async ({ repository }) => {
          ran.push(repository)
          if (ran.length === 1) await held.opened
        }, 2)
        await jobs.polls.add(poll('a'))
        await eventually('it runs', () => ran.length === 1)
        await withClient(redis.url, (client) => client.flushall())
        held.open()
        for (const key of ['b', 'a', 'c']) await jobs.polls.add(poll(key))
        await eventually('all have run', () => ran.length === 4)
        assert.deepEqual(ran.toSorted(), ['a', 'a', 'b', 'c'])
      })
    }))

  const outages: readonly (readonly [
    how: string,
    begin: (r: RunningRedis) => unknown,
    end: (r: RunningRedis) => unknown,
  ])[] = [
    ['crashes', (redis) => redis.kill(), (redis) => redis.start()],
    ['hangs', (redis) => redis.pause(), (redis) => redis.resume()],
  ]
  for (const [how, begin, end] of outages) {
    test(`that ${how} for three seconds is told once, as is its return, and no order that was taken is lost`, () =>
      withRedis({ persist: true }, async (redis) => {
        const back: string[] = []
        const onRecovery = (queue: string) => back.push(queue)
        await withJobs({ redis: redis.url, silenceMs: 2_000, onRecovery }, async (jobs, troubles) => {
          const ran = new Set<string>()
          jobs.polls.work(async ({ repository }) => {
            await pause(5)
            ran.add(repository)
          }, 5)
          const taken: string[] = []
          const refused: unknown[] = []
          const order = (key: string) =>
            jobs.polls.add(poll(key)).then(
              () => taken.push(key),
              (error) => refused.push(error),
            )
          for (let i = 0; i < 100; i++) await order(`before-${i}`)
          await begin(redis)
          const awayAt = Date.now()
          const asked = [jobs.polls.add(poll('refused')), jobs.selections.get('podinfo'), jobs.ping()]
          await Promise.all(asked.map((answer) => assert.rejects(answer, AWAY)))
          assert.ok(Date.now() - awayAt < SOON_MS, `answered after ${Date.now() - awayAt} ms`)
          while (Date.now() - awayAt < 3_000) await Promise.all([order(`during-${Date.now()}`), pause(100)])
          await end(redis)
          const backAt = Date.now()
          await eventually('an order is taken', () => order('later').then(() => taken.includes('later')))
          await eventually('it runs', () => ran.has('later'))
          assert.ok(Date.now() - backAt < 5_000, `resumed after ${Date.now() - backAt} ms`)
          // A job that Redis handed out just before it went, and whose answer was lost with it, is taken for silent.
          await eventually('all that was taken has run', () => taken.every((key) => ran.has(key)))
          assert.ok(refused.length > 0 && refused.every((error) => error instanceof JobsError))
          assert.equal(troubles.filter(({ queue }) => queue === 'redis').length, 1, inspect(troubles))
        })
        assert.deepEqual(back, ['redis'])
      }))
  }

  test('that is away at the start is waited for, and needed neither to refuse nor to stop', () =>
    withRedis({}, async (redis) => {
      await redis.kill()
      const startedAt = Date.now()
      await withJobs({ redis: redis.url }, async (jobs) => {
        jobs.polls.work(async () => {}, 1)
        await assert.rejects(jobs.polls.add(poll('a')), AWAY)
      })
      assert.ok(Date.now() - startedAt < 2 * SOON_MS)
      await withJobs({ redis: redis.url }, async (jobs) => {
        let runs = 0
        jobs.polls.work(async () => void runs++, 1)
        await assert.rejects(jobs.polls.add(poll('a')), AWAY)
        await redis.start()
        await eventually('orders are taken', () => jobs.polls.add(poll('a')).then(() => true))
        await eventually('and run', () => runs > 0)
      })
    }))

  test('that goes away does not hold up a stop for long', () =>
    withRedis({}, async (redis) => {
      await withJobs({ redis: redis.url }, async (jobs) => {
        const held = latch()
        let runs = 0
        jobs.polls.work(async () => {
          runs += 1
          await held.opened
        }, 1)
        jobs.updates.work(async () => {}, 1)
        await jobs.polls.add(poll('a'))
        await eventually('it runs', () => runs === 1)
        await redis.kill()
        held.open()
        const stoppedAt = Date.now()
        await jobs.stop()
        assert.ok(Date.now() - stoppedAt < 2 * SOON_MS)
      })
    }))

  test('that may evict jobs is told', () =>
    withRedis({}, async (redis) => {
      const configured = (policy: string) =>
        withClient(redis.url, (client) => client.config('SET', 'maxmemory', '50mb', 'maxmemory-policy', policy))
      const reason =
        'Redis may drop jobs when its memory is full: its maxmemory-policy is "allkeys-lru", not "noeviction"'
      await configured('noeviction')
      await withJobs({ redis: redis.url }, async (jobs, troubles) => {
        jobs.polls.work(async () => {}, 1)
        await jobs.ping()
        await jobs.polls.counts()
        assert.deepEqual(troubles, [])
      })
      await configured('allkeys-lru')
      await withJobs({ redis: redis.url }, async (jobs, troubles) => {
        await jobs.ping()
        await eventually('it is told', () => troubles.length === 1)
        assert.deepEqual(troubles, [{ queue: 'redis', reason }])
      })
    }))

  test('that refuses the password is told without it', () =>
    withRedis({ password: 'correct-horse' }, async (redis) => {
      await withJobs({ redis: redis.url }, (jobs) => jobs.ping())
      await withJobs({ redis: redis.url.replace('correct', 'wrong') }, async (jobs, troubles) => {
        const error: unknown = await jobs.polls.add(poll('a')).catch((thrown: unknown) => thrown)
        assert.ok(error instanceof JobsError)
        assert.match(error.message, /^Cannot queue a job of "polls": WRONGPASS/)
        assert.doesNotMatch(inspect([error, troubles], { depth: 20, showHidden: true }), /horse/)
        assert.equal(troubles.length, 1)
      })
    }))
})

async function withClient(url: string, use: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(url)
  await use(client)
  client.disconnect()
}

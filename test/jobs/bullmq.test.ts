import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import type { PollJob } from '../../src/jobs/payloads.js'
import { eventually } from '../parts/eventually.js'
import { startProcess } from '../parts/process.js'
import { type RunningRedis, startRedis } from '../parts/redis.js'
import { poll } from './orders.js'
import { withJobs } from './with-jobs.js'

describe('processes that share a Redis', { concurrency: true }, () => {
  let redis: RunningRedis
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.stop())

  test('never run one key at the same time, and each order is followed by a run', async () => {
    await withJobs({ redis: redis.url, prefix: 'two' }, async (one) => {
      await withJobs({ redis: redis.url, prefix: 'two' }, async (other) => {
        const active = new Map<string, number>()
        const begun = new Map<string, number>()
        const ordered = new Map<string, number>()
        let overlaps = 0
        let moment = 0
        const handler = async ({ repository }: PollJob) => {
          const now = (active.get(repository) ?? 0) + 1
          if (now > 1) overlaps += 1
          active.set(repository, now)
          begun.set(repository, ++moment)
          await pause(Math.random() * 5)
          active.set(repository, (active.get(repository) ?? 0) - 1)
        }
        one.polls.work(handler, 4)
        other.polls.work(handler, 4)
        const keys = ['a', 'b', 'c', 'd']
        for (let i = 0; i < 200; i++) {
          const key = keys[i % keys.length] ?? ''
          ordered.set(key, ++moment)
          await (i % 3 === 0 ? one : other).polls.add(poll(key))
        }
        const isAfter = (key: string) => (begun.get(key) ?? 0) > (ordered.get(key) ?? 0)
        await eventually('each key has run after its last order', () => keys.every(isAfter))
        assert.equal(overlaps, 0)
      })
    })
  })

  test('share records and what was ordered not long ago', async () => {
    await withJobs({ redis: redis.url, prefix: 'shared' }, async (one) => {
      await withJobs({ redis: redis.url, prefix: 'shared' }, async (other) => {
        await one.selections.set('podinfo', { version: 1, repository: 'r', rule: '*', firstSeenAt: 1 })
        assert.equal((await other.selections.get('podinfo'))?.rule, '*')
        const ran: string[] = []
        one.polls.work(async ({ repository }) => void ran.push(repository), 1)
        await one.polls.add(poll('a'), { atMostOncePerMs: 60_000 })
        await eventually('it has run', () => ran.length === 1)
        await other.polls.add(poll('a'), { atMostOncePerMs: 60_000 })
        await other.polls.add(poll('b'), { atMostOncePerMs: 60_000 })
        await eventually('the other has run', () => ran.includes('b'))
        assert.deepEqual(ran, ['a', 'b'])
      })
    })
  })

  test('take up what another gives back because it must stop', async () => {
    const options = { redis: redis.url, prefix: 'given-back' }
    await withJobs({ ...options, graceMs: 50 }, async (one, troubles) => {
      one.polls.work(async (_job, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        throw signal.reason
      }, 1)
      await one.polls.add(poll('a', 'event'))
      await one.polls.add(poll('b', 'event'))
      await eventually('it runs', async () => (await one.polls.counts()).active === 1)
      await one.stop()
      assert.deepEqual(troubles, [])
    })
    await withJobs(options, async (other) => {
      const ran: string[] = []
      other.polls.work(async ({ repository, trigger }) => void ran.push(`${repository} ${trigger}`), 1)
      await eventually('both have run', () => ran.length === 2)
      assert.deepEqual(ran, ['a event', 'b event'])
    })
  })

  test('take up what another had in hand when it was killed', async () => {
    await withJobs({ redis: redis.url, prefix: 'killed', silenceMs: 1_000 }, async (jobs) => {
      const script = new URL('./endless-worker.ts', import.meta.url).pathname
      const other = startProcess(process.execPath, ['--import', 'tsx', script, redis.url, 'killed'])
      await jobs.polls.add(poll('a'))
      await eventually('the other has it in hand', () => other.output().includes('in hand'))
      other.signal('SIGKILL')
      await other.ended
      const ran: string[] = []
      jobs.polls.work(async ({ repository }) => void ran.push(repository), 1)
      await eventually('it has run here', () => ran.length === 1, 3_000)
    })
  })

  test('set aside a payload of an unknown version, tell it, and go on', async () => {
    await withJobs({ redis: redis.url, prefix: 'newer' }, async (jobs, troubles) => {
      const newer = new Queue('polls', { connection: { url: redis.url }, prefix: 'newer' })
      await newer.add('polls', { ...poll('a'), version: 2 }, { attempts: 4, backoff: { type: 'custom' } })
      await newer.close()
      const ran: string[] = []
      jobs.polls.work(async ({ repository }) => void ran.push(repository), 1)
      await jobs.polls.add(poll('b'))
      await eventually('the other has run', () => ran.length === 1)
      assert.equal((await jobs.polls.counts()).failed, 1)
      const reason = 'Job set aside: Cannot read a job of "polls": version: Invalid input: expected 1'
      assert.deepEqual(troubles, [{ queue: 'polls', reason }])
    })
  })

  test('take from Redis no tag or digest that none can be', async () => {
    await withJobs({ redis: redis.url, prefix: 'forged' }, async (jobs, troubles) => {
      const selection = { version: 1, repository: 'r', rule: '*', firstSeenAt: 1 }
      const forged = [{ tag: '1.0\nTidemark-Update: a' }, { tag: '../x' }, { tag: '1.0', digest: 'sha256:0' }]
      for (const [index, values] of forged.entries()) {
        const text = JSON.stringify({ ...selection, ...values })
        await withClient(redis.url, (client) => client.hset('forged:records:selections', String(index), text))
        assert.equal(await jobs.selections.get(String(index)), undefined)
      }
      assert.equal(troubles.length, forged.length)
    })
  })

  test('treat a record that they cannot read as absent, and tell it', async () => {
    await withJobs({ redis: redis.url, prefix: 'odd' }, async (jobs, troubles) => {
      await withClient(redis.url, (client) => client.hset('odd:records:watched', 'a', '{broken', 'b', '{"version":2}'))
      assert.equal(await jobs.watched.get('a'), undefined)
      assert.equal((await jobs.watched.getAll(['a', 'b'])).size, 0)
      assert.equal(troubles.length, 3)
      assert.match(troubles[2]?.reason ?? '', /^Cannot read the record of "b": version: Invalid input: expected 1/)
    })
  })
})

async function withClient(url: string, use: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(url)
  await use(client)
  client.disconnect()
}

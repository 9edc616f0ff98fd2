import { randomUUID } from 'node:crypto'
import { type Job, Queue, WaitingError, Worker } from 'bullmq'
import { isRetryable, reasonOf } from '../error.js'
import { sleep } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { inHand } from './in-hand.js'
import type { Jobs } from './jobs.js'
import { type JobKind, NOTICES, type Order, POLLS, readPayload, UPDATES } from './kinds.js'
import { DEFAULT_GRACE_MS, type JobsOptions, KEPT_FAILURES, setAside, type Trouble } from './options.js'
import { selection, watched } from './payloads.js'
import type { JobHandler, JobQueue } from './queue.js'
import { openStore, openWorkerRedis, type RedisStore, type WorkerRedis } from './redis.js'
import { DEFAULT_PREFIX, lastingRecords } from './redis-lasting.js'
import { redisRecords } from './redis-records.js'
import { redisShown } from './redis-shown.js'
import { retryPauseMs } from './retry.js'
import { urgentOrders } from './urgent-orders.js'

export interface BullmqJobsOptions extends JobsOptions {
  /** `redis://` or `rediss://`, with credentials where Redis wants them. */
  readonly redis: string
  /** What the keys begin with; those that share it share the queue. */
  readonly prefix?: string
  /** How long a process may be silent before its jobs are given to others, a check of up to 0.4 times as long later. */
  readonly silenceMs?: number
}

/**
 * Queues and records that processes share in Redis.
 *
 * A job is done at least once: a process that is cut off from Redis for longer than `silenceMs` may still be at work on
 * what another has taken up by then. What is in Redis may be lost, even under a running process; everything goes on.
 */
export function bullmqJobs(options: BullmqJobsOptions): Jobs {
  const { clock, prefix = DEFAULT_PREFIX, onTrouble = () => {} } = options
  const store = openStore(options.redis, clock, onTrouble, options.onRecovery)
  const shared = { ...options, prefix, onTrouble, store }
  const polls = bullmqQueue(POLLS, shared)
  const updates = bullmqQueue(UPDATES, shared)
  const notices = bullmqQueue(NOTICES, shared)
  let stopped: Promise<void> | undefined

  return {
    polls,
    updates,
    notices,
    selections: redisRecords({ ...shared, name: 'selections', schema: selection }),
    watched: redisRecords({ ...shared, name: 'watched', schema: watched }),
    ...lastingRecords(shared),
    shown: redisShown(shared),
    async ping() {
      await store.ask('reach the queue', (redis) => redis.ping())
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }

  // The store is open until both have finished: a poll in hand may still order an update.
  async function stop() {
    await Promise.all([polls.stop(), updates.stop(), notices.stop()])
    store.close()
  }
}

interface Shared extends BullmqJobsOptions {
  readonly prefix: string
  readonly onTrouble: (trouble: Trouble) => void
  readonly store: RedisStore
}

function bullmqQueue<Payload extends Order>(kind: JobKind<Payload>, shared: Shared): JobQueue<Payload> {
  const { store, prefix } = shared
  const { name } = kind
  const queue = openQueue(kind, shared)
  const urgent = urgentOrders(kind, prefix)
  let worker: Component | undefined

  return {
    async add(order, { atMostOncePerMs } = {}) {
      const payload = readPayload(kind, order)
      const key = kind.keyOf(payload)
      const once = `${prefix}:once:${name}:${key}`
      await store.ask(`queue a job of "${name}"`, async (redis) => {
        try {
          if (atMostOncePerMs !== undefined && !(await redis.set(once, '', 'PX', atMostOncePerMs, 'NX'))) return
          await urgent.mark(redis, key, payload)
          await queue.add(name, payload, { jobId: randomUUID(), deduplication: { id: key, keepLastIfActive: true } })
        } catch (error) {
          // The order was not taken, so it must not stand in the way of the next.
          if (atMostOncePerMs !== undefined) redis.del(once).catch(() => {})
          throw error
        }
      })
    },
    work(handler, concurrency) {
      worker = startWorker(kind, handler, concurrency, shared)
    },
    async counts() {
      const count = () => queue.getJobCounts('waiting', 'active', 'delayed', 'failed')
      const { waiting = 0, active = 0, delayed = 0, failed = 0 } = await store.ask(`count the jobs of "${name}"`, count)
      return { waiting, active, delayed, failed }
    },
    async stop() {
      await worker?.stop()
    },
  }
}

function openQueue({ name, retry }: Pick<JobKind<never>, 'name' | 'retry'>, { store, prefix }: Shared): Queue {
  const queue = new Queue(name, {
    connection: store.client,
    prefix,
    skipVersionCheck: true,
    defaultJobOptions: {
      attempts: retry.attempts,
      backoff: { type: 'custom' },
      removeOnComplete: true,
      removeOnFail: { count: KEPT_FAILURES },
    },
  })
  // The store tells of an outage, and every failed command throws.
  return queue.on('error', () => {})
}

/** Waits for its work to be done, and for Redis to hear of it, where Redis is there to hear. */
function startWorker<Payload extends Order>(
  kind: JobKind<Payload>,
  handler: JobHandler<Payload>,
  concurrency: number,
  shared: Shared,
): Component {
  const { clock, graceMs = DEFAULT_GRACE_MS, redis } = shared
  const hands = inHand(clock, Math.min(graceMs, kind.graceMs ?? graceMs))
  const connection = openWorkerRedis(redis)
  const urgent = urgentOrders(kind, shared.prefix)
  let worker: Worker | undefined
  let stopped: Promise<void> | undefined
  // BullMQ cannot close a worker that has never been connected.
  connection.client.once('ready', () => {
    if (stopped === undefined) worker = openWorker(kind, run, concurrency, connection.client, shared)
  })

  return {
    stop() {
      stopped ??= stop()
      return stopped
    },
  }

  async function stop() {
    const closed = worker?.close()
    await hands.finish()
    const done = new AbortController()
    await Promise.race([closed, sleep(clock, CLOSE_WITHIN_MS, done.signal).catch(() => {})])
    done.abort()
    connection.cut()
  }

  async function run(job: Job, token?: string): Promise<void> {
    if (stopped !== undefined) return giveBack(job, token)
    const read = readPayload(kind, job.data)
    try {
      await hands.hold(take(job, read))
    } catch (error) {
      if (hands.signal.aborted) return giveBack(job, token)
      throw error
    }
  }

  async function take(job: Job, ordered: Payload) {
    const payload = await urgent.take(connection.client, kind.keyOf(ordered), ordered)
    if (payload !== ordered) await job.updateData(payload)
    await handler(payload, { signal: hands.signal })
  }
}

const CLOSE_WITHIN_MS = 1_000

/** Another process takes it up. */
async function giveBack(job: Job, token: string | undefined): Promise<never> {
  await job.moveToWait(token)
  throw new WaitingError()
}

function openWorker(
  { name, retry }: Pick<JobKind<never>, 'name' | 'retry'>,
  run: (job: Job, token?: string) => Promise<void>,
  concurrency: number,
  connection: WorkerRedis['client'],
  { prefix, clock, random, onTrouble, store, silenceMs = 10_000 }: Shared,
): Worker {
  const worker = new Worker(name, run, {
    connection,
    prefix,
    concurrency,
    skipVersionCheck: true,
    lockDuration: silenceMs,
    stalledInterval: silenceMs * 0.4,
    maxStalledCount: MAX_SILENCES,
    runRetryDelay: 1_000,
    settings: {
      // A negative number fails the job at once.
      backoffStrategy: (attempt, _type, error) =>
        isRetryable(error) ? retryPauseMs(attempt, retry, error, clock.now(), random) : -1,
    },
  })
  worker.on('failed', (job, error) => {
    if (job?.finishedOn !== undefined) onTrouble({ queue: name, reason: setAside(error) })
  })
  worker.on('error', (error) => {
    const away = store.client.status !== 'ready' || isConnectionError(error)
    if (!away) onTrouble({ queue: name, reason: reasonOf(error) })
  })
  return worker
}

/** A job that ends the process that takes it up must not end one after the other for ever. */
const MAX_SILENCES = 3

/** System errors have a code such as `ECONNRESET`; those of BullMQ's scripts have a number. */
function isConnectionError(error: Error): boolean {
  return ('code' in error && typeof error.code === 'string') || error.message === 'Connection is closed.'
}

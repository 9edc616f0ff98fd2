import { join } from 'node:path'
import type { z } from 'zod'
import { isRetryable } from '../error.js'
import { JobsError } from './errors.js'
import { fileRecords } from './file-records.js'
import { policyHolds } from './holds.js'
import { inHand } from './in-hand.js'
import type { Jobs } from './jobs.js'
import { fold, type JobKind, NOTICES, type Order, POLLS, readPayload, UPDATES } from './kinds.js'
import { layeredRecords, memoryRecords } from './memory-records.js'
import { told } from './notices.js'
import { DEFAULT_GRACE_MS, type JobsOptions, KEPT_FAILURES, setAside } from './options.js'
import { sightings, standing } from './payloads.js'
import type { JobHandler, JobQueue } from './queue.js'
import type { ListedRecords } from './records.js'
import { retryPauseMs } from './retry.js'
import { branchReport, type Changes, placesReport } from './shown.js'

export interface MemoryJobsOptions extends JobsOptions {
  /** Where there is what outlasts the process. Absent: nothing does. */
  readonly state?: {
    readonly folder: string
    /** Whether it is only read: what is new is forgotten when the process ends. */
    readonly readOnly?: boolean
  }
}

/**
 * Queues and records of one process, without Redis. What could be found again is lost when it ends, jobs that wait included:
 * the next start polls everything and finds the same difference again.
 */
export function memoryJobs(options: MemoryJobsOptions): Jobs {
  let stopped: Promise<void> | undefined
  let closed = false
  const polls = memoryQueue(POLLS, options, ensureOpen)
  const updates = memoryQueue(UPDATES, options, ensureOpen)
  const notices = memoryQueue(NOTICES, options, ensureOpen)

  return {
    polls,
    updates,
    notices,
    selections: memoryRecords(),
    watched: memoryRecords(),
    sightings: lastingRecords('sightings', sightings, options),
    standings: lastingRecords('standings', standing, options),
    holds: lastingRecords('holds', policyHolds, options),
    shown: {
      looks: memoryRecords(),
      hosts: memoryRecords(),
      branches: lastingRecords('branches', branchReport, options),
      places: lastingRecords('reports', placesReport, options),
      changes: countedChanges(),
    },
    told: lastingRecords('told', told, options),
    async ping() {
      ensureOpen('reach the queue')
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }

  // Open until both have finished: a poll in hand may still order an update.
  async function stop() {
    await Promise.all([polls.stop(), updates.stop(), notices.stop()])
    closed = true
  }

  function ensureOpen(action: string) {
    if (closed) throw new JobsError('UNAVAILABLE', `Cannot ${action}: the queue is stopped`, { retryable: true })
  }
}

/** The one job of a key: at first it waits, and after a failure it may be delayed. */
interface Job<Payload> {
  readonly key: string
  payload: Payload
  state: 'waiting' | 'active' | 'delayed'
  failures: number
  /** What was ordered since the handler began. */
  next?: Payload
}

function memoryQueue<Payload extends Order>(
  kind: JobKind<Payload>,
  { clock, random, onTrouble, graceMs = DEFAULT_GRACE_MS }: JobsOptions,
  ensureOpen: (action: string) => void,
): JobQueue<Payload> {
  const jobs = new Map<string, Job<Payload>>()
  const line = fifo<Job<Payload>>()
  const notAgainBefore = new Map<string, number>()
  const delays = new Set<() => void>()
  const hands = inHand(clock, Math.min(graceMs, kind.graceMs ?? graceMs))
  let worker: { readonly handler: JobHandler<Payload>; readonly concurrency: number } | undefined
  let failed = 0
  let stopped: Promise<void> | undefined

  return {
    async add(order, { atMostOncePerMs } = {}) {
      const payload = readPayload(kind, order)
      ensureOpen(`queue a job of "${kind.name}"`)
      const key = kind.keyOf(payload)
      if (atMostOncePerMs !== undefined) {
        const leftMs = (notAgainBefore.get(key) ?? 0) - clock.now()
        // More is left only where the clock was set back.
        if (leftMs > 0 && leftMs <= atMostOncePerMs) return
        notAgainBefore.set(key, clock.now() + atMostOncePerMs)
      }
      const job = jobs.get(key)
      if (job === undefined) wait({ key, payload, state: 'waiting', failures: 0 })
      else if (job.state === 'active') job.next = fold(kind, job.next ?? payload, payload)
      else job.payload = fold(kind, job.payload, payload)
    },
    work(handler, concurrency) {
      worker = { handler, concurrency }
      startWaiting()
    },
    async counts() {
      return { waiting: line.size, active: hands.size, delayed: delays.size, failed }
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }

  function stop(): Promise<void> {
    for (const cancel of delays) cancel()
    delays.clear()
    return hands.finish()
  }

  function wait(job: Job<Payload>) {
    job.state = 'waiting'
    jobs.set(job.key, job)
    line.push(job)
    startWaiting()
  }

  function startWaiting() {
    while (worker !== undefined && stopped === undefined && hands.size < worker.concurrency) {
      const job = line.shift()
      if (job === undefined) return
      void run(job, worker.handler)
    }
  }

  async function run(job: Job<Payload>, handler: JobHandler<Payload>) {
    job.state = 'active'
    try {
      await hands.hold(handler(job.payload, { signal: hands.signal }))
      finish(job)
    } catch (error) {
      fail(job, error)
    }
    startWaiting()
  }

  function finish(job: Job<Payload>) {
    jobs.delete(job.key)
    if (job.next !== undefined) wait({ key: job.key, payload: job.next, state: 'waiting', failures: 0 })
  }

  function fail(job: Job<Payload>, error: unknown) {
    if (hands.signal.aborted) return
    job.failures += 1
    if (isRetryable(error) && job.failures < kind.retry.attempts) return delay(job, error)
    failed = Math.min(failed + 1, KEPT_FAILURES)
    finish(job)
    onTrouble?.({ queue: kind.name, reason: setAside(error) })
  }

  function delay(job: Job<Payload>, error: unknown) {
    if (stopped !== undefined) return
    job.state = 'delayed'
    const pauseMs = retryPauseMs(job.failures, kind.retry, error, clock.now(), random)
    const cancel = clock.after(pauseMs, () => {
      delays.delete(cancel)
      wait(job)
    })
    delays.add(cancel)
  }
}

/** First in, first out, without moving the others at each turn as `Array.shift` does. */
function fifo<T>() {
  let items: T[] = []
  let head = 0

  return {
    get size() {
      return items.length - head
    },
    push(item: T) {
      items.push(item)
    },
    shift(): T | undefined {
      if (head === items.length) return undefined
      const item = items[head]
      head += 1
      if (head > items.length / 2) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
  }
}

function countedChanges(): Changes {
  let told = 0
  return {
    async tell() {
      told += 1
    },
    count: async () => told,
  }
}

function lastingRecords<Value extends object>(
  name: string,
  schema: z.ZodType<Value>,
  { state, onTrouble }: MemoryJobsOptions,
): ListedRecords<Value> {
  if (state === undefined) return memoryRecords()
  const kept = fileRecords({ folder: join(state.folder, name), name, schema, onTrouble })
  return state.readOnly === true ? layeredRecords(kept) : kept
}

import type { z } from 'zod'
import { JobsError } from './errors.js'
import { type NoticesJob, noticesJob } from './notices.js'
import { type PollJob, pollJob, type UpdateJob, updateJob } from './payloads.js'
import { RETRY, type Retry } from './retry.js'

/** What a queue must know of the jobs it carries. */
export interface JobKind<Payload extends Order> {
  /** The queue's name. */
  readonly name: string
  readonly schema: z.ZodType<Payload>
  /** Jobs of one key never run at the same time. */
  keyOf(payload: Payload): string
  /**
   * From the least urgent to the most: a job that stands for several orders has the most urgent trigger of them. Empty where
   * all orders are alike.
   */
  readonly triggers: readonly string[]
  readonly retry: Retry
  /** How long `stop()` waits at most for the handlers in hand; absent: as long as all do. */
  readonly graceMs?: number
}

/** What every payload has, and what those have that are not alike. */
export interface Order {
  readonly version: number
  readonly trigger?: string
}

export const POLLS: JobKind<PollJob> = {
  name: 'polls',
  schema: pollJob,
  keyOf: (job) => job.repository,
  triggers: ['schedule', 'event', 'request'],
  retry: RETRY,
}

export const UPDATES: JobKind<UpdateJob> = {
  name: 'updates',
  schema: updateJob,
  // No branch has a space in its name (git-check-ref-format), so no two pairs give one key.
  keyOf: (job) => `${job.git} ${job.branch}`,
  triggers: [],
  retry: RETRY,
}

export const NOTICES: JobKind<NoticesJob> = {
  name: 'notices',
  schema: noticesJob,
  // No two messages are one: nothing is folded.
  keyOf: (job) => `${job.target} ${job.id}`,
  triggers: [],
  // Nobody finds a message again that was given up: a target may be away for about 40 minutes.
  retry: { attempts: 12, baseMs: 2_000, maxMs: 600_000 },
  // It comes last, when polls and updates have had their time.
  graceMs: 2_500,
}

/** Checks what came from a caller or from another process. Throws `JobsError` `INVALID_PAYLOAD`. */
export function readPayload<Payload extends Order>(kind: JobKind<Payload>, payload: unknown): Payload {
  const read = kind.schema.safeParse(payload)
  if (read.success) return read.data
  throw new JobsError('INVALID_PAYLOAD', `Cannot read a job of "${kind.name}": ${faultsOf(read.error)}`)
}

/** The payload of one job that stands for two orders of the same key. */
export function fold<Payload extends Order>(kind: JobKind<Payload>, earlier: Payload, later: Payload): Payload {
  return urgencyOf(kind, later) > urgencyOf(kind, earlier) ? later : earlier
}

export function urgencyOf<Payload extends Order>(kind: JobKind<Payload>, payload: Payload): number {
  return payload.trigger === undefined ? 0 : kind.triggers.indexOf(payload.trigger)
}

/** One line that says where and how a value is not what it should be. */
export function faultsOf(error: z.ZodError): string {
  const faults = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  return faults.join('; ').slice(0, MAX_FAULTS_LENGTH)
}

const MAX_FAULTS_LENGTH = 300

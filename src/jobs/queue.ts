import type { Component } from '../lifecycle/component.js'

/**
 * The orders that one kind of worker takes: polls, or updates.
 *
 * Jobs of one key never run at the same time, and at most one waits: an order given while another waits, or is delayed
 * after a failure, is folded into it, and the job has the most urgent trigger of those it stands for, where orders have
 * triggers. An order given while one is active runs after it, once. Jobs of different keys run side by side.
 * A lost or doubled job is harmless by design: what should be done is computed anew from registries and Git.
 */
export interface JobQueue<Payload> extends Component {
  /** Resolves once the job is safely queued. Throws `JobsError` `UNAVAILABLE` within about a second when the queue is away. */
  add(payload: Payload, options?: AddOptions): Promise<void>
  /** Starts to hand jobs to `handler`, at most `concurrency` at once. Called at most once. */
  work(handler: JobHandler<Payload>, concurrency: number): void
  counts(): Promise<JobCounts>
}

export interface AddOptions {
  /** Drops the order when another process gave one of the same key with this option less than so long ago. */
  readonly atMostOncePerMs?: number
}

/**
 * Does one job. A `retryable` error is tried again with exponential back-off and jitter, a few times;
 * any other fails the job at once. The signal aborts when the process must stop without waiting longer.
 */
export type JobHandler<Payload> = (payload: Payload, context: { readonly signal: AbortSignal }) => Promise<void>

/** What waits for the active job of its key to end is not counted until then. */
export interface JobCounts {
  readonly waiting: number
  readonly active: number
  /** Waiting for another try. */
  readonly delayed: number
  /** Kept for a person to look at: failed, or set aside because their payload is unknown. */
  readonly failed: number
}

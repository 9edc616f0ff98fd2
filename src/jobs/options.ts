import { reasonOf } from '../error.js'
import type { Clock } from '../lifecycle/clock.js'

/** What both adapters take. */
export interface JobsOptions {
  readonly clock: Clock
  /** Numbers from 0 up to 1, for the jitter of retries. */
  readonly random: () => number
  readonly onTrouble?: (trouble: Trouble) => void
  /** Is told that the store answers again, after its absence was told as a trouble. */
  readonly onRecovery?: ((queue: string) => void) | undefined
  /** How long `stop()` waits for the handlers in hand before their signal aborts. */
  readonly graceMs?: number
}

/** What a person should know and no caller learns from an error: a job that failed for good, a store that is away. */
export interface Trouble {
  /** The queue or the records concerned, or `redis`. */
  readonly queue: string
  readonly reason: string
}

/** The reason of a trouble that only one job has: the queue itself is well. */
export function setAside(error: unknown): string {
  return `Job set aside: ${reasonOf(error)}`
}

export const DEFAULT_GRACE_MS = 8_000

/** How many failed jobs of a queue are kept for a person to look at. */
export const KEPT_FAILURES = 100

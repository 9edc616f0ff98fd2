import { type Backoff, backoffMs } from '../lifecycle/backoff.js'

export interface Retry extends Backoff {
  /** In all, the first one included. */
  readonly attempts: number
}

/** Four tries in all, after about 1, 2 and 4 seconds. What fails for longer is the next poll's to find again. */
export const RETRY: Retry = { attempts: 4, baseMs: 1_000, maxMs: 30_000 }

/** Nobody waits longer for what somebody else asks for. */
const LONGEST_MS = 3_600_000

/** How long to wait after the `failures`-th failure of a job: as its kind says, and no shorter than until the error's `retryAt`, where it has one. */
export function retryPauseMs(
  failures: number,
  retry: Retry,
  error: unknown,
  now: number,
  random: () => number,
): number {
  const { retryAt } = Object(error)
  const askedMs = typeof retryAt === 'number' ? Math.min(retryAt - now, LONGEST_MS) : 0
  return Math.max(askedMs, backoffMs(failures, retry, random))
}

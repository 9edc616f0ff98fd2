export interface Backoff {
  /** The longest pause after the first failure. */
  readonly baseMs: number
  /** No pause is longer. */
  readonly maxMs: number
  /** How much longer each pause may be than the one before; 2 where absent. */
  readonly factor?: number
}

/**
 * How long to wait after the `attempt`-th failure in a row, counted from 1, in whole milliseconds.
 *
 * Half of the pause is fixed and half is chance ("equal jitter"): those that failed together do not come back together,
 * and none of them comes back at once. `random` gives numbers from 0 up to 1.
 */
export function backoffMs(attempt: number, { baseMs, maxMs, factor = 2 }: Backoff, random: () => number): number {
  const pauseMs = Math.min(maxMs, baseMs * factor ** (attempt - 1))
  return Math.round((pauseMs / 2) * (1 + random()))
}

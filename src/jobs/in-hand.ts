import type { Clock } from '../lifecycle/clock.js'
import { JobsError } from './errors.js'

/** The handlers that run now, and how they are brought to an end. */
export interface InHand {
  readonly size: number
  /** Aborts when the process must stop without waiting longer. */
  readonly signal: AbortSignal
  /** Counts `work` among what is in hand until it has settled, and settles as it does. */
  hold<T>(work: Promise<T>): Promise<T>
  /** Resolves when nothing is in hand any more. The signal aborts where that takes longer than the grace. */
  finish(): Promise<void>
}

export function inHand(clock: Clock, graceMs: number): InHand {
  const working = new Set<Promise<unknown>>()
  const controller = new AbortController()

  return {
    get size() {
      return working.size
    },
    signal: controller.signal,
    async hold(work) {
      working.add(work)
      try {
        return await work
      } finally {
        working.delete(work)
      }
    },
    async finish() {
      const cancel = clock.after(graceMs, () => controller.abort(stopping()))
      while (working.size > 0) await Promise.allSettled(working)
      cancel()
    },
  }
}

function stopping(): JobsError {
  return new JobsError('UNAVAILABLE', 'Cannot finish the job: the process must stop', { retryable: true })
}

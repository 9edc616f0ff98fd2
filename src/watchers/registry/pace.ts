import { type Clock, sleep } from '../../lifecycle/clock.js'

/** How often something may be done. */
export interface Pace {
  /** Resolves when it may be done once more, in the order of the calls. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<void>
}

/**
 * A bucket of `perSecond` tokens a second, which is asked at each call, so that it may change. It fills evenly up to one second's worth, but never below one whole token. Each call takes one at
 * once, even into debt, and waits until that is paid: this keeps the order without a line, and a call that is aborted
 * leaves its token behind.
 */
export function createPace(perSecond: () => number, clock: Clock): Pace {
  let tokens = Number.POSITIVE_INFINITY // cut down to what the bucket holds
  let filledAt = clock.now()

  return {
    async next(signal) {
      const rate = perSecond()
      if (rate === Number.POSITIVE_INFINITY) return
      const now = clock.now()
      tokens = Math.min(Math.max(1, rate), tokens + (Math.max(0, now - filledAt) / 1_000) * rate)
      filledAt = now
      tokens--
      if (tokens >= 0) return
      await sleep(clock, Math.ceil((-tokens / rate) * 1_000), signal)
    },
  }
}

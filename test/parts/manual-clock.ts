import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/lifecycle/clock.js'

export interface ManualClock extends Clock {
  /** Moves time forward, calling what falls due in order, and lets promises settle in between. */
  advance(byMs: number): Promise<void>
}

/** A clock that stands still until a test moves it. */
export function manualClock(start = Date.UTC(2026, 10, 20)): ManualClock {
  let now = start
  let timers: { readonly at: number; readonly run: () => void }[] = []

  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + Math.max(0, delayMs), run }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    async advance(byMs) {
      const end = now + byMs
      await turn()
      for (let due = next(end); due !== undefined; due = next(end)) {
        timers = timers.filter((other) => other !== due)
        now = Math.max(now, due.at)
        due.run()
        await turn()
      }
      now = end
      await turn()
    },
  }

  function next(end: number) {
    const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
    return due[0]
  }
}

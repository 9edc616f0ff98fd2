import type { Clock } from '../lifecycle/clock.js'
import type { PollOutcome } from './poll.js'

export interface AfterRest {
  /** Takes note of what came of a look after a push event. */
  note(repository: string, outcome: PollOutcome): Promise<void>
  stop(): void
}

export interface AfterRestOptions {
  readonly look: (repository: string) => void
  /** Until when the repository itself is left alone, in milliseconds since the Unix epoch. */
  readonly restUntil: (repository: string) => Promise<number | undefined>
  readonly clock: Clock
  readonly random: () => number
}

/** Nobody rests for longer; where it seems so, the clock was set back. */
const LONGEST_MS = 3_600_000

/** Many repositories may wait for one host, which has just recovered. */
const SPREAD_MS = 10_000

/**
 * Looks again after a push event that found its registry resting, soon after the rest is over, or that came before the
 * manifest of its tag: the schedule may be hours away. What waits is lost with the process, whose next one looks at everything.
 */
export function createAfterRest({ look, restUntil, clock, random }: AfterRestOptions): AfterRest {
  const waiting = new Map<string, () => void>()
  let stopped = false

  return {
    async note(repository, outcome) {
      const again = outcome.outcome === 'failed' ? outcome.again : undefined
      const until = again ?? (await endOfRest(repository, outcome))
      if (stopped || until === undefined || waiting.has(repository)) return
      const restMs = Math.min(Math.max(0, until - clock.now()), LONGEST_MS)
      const cancel = clock.after(restMs + (again === undefined ? random() * SPREAD_MS : 0), () => {
        waiting.delete(repository)
        look(repository)
      })
      waiting.set(repository, cancel)
    },
    stop() {
      stopped = true
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
    },
  }

  async function endOfRest(repository: string, outcome: PollOutcome): Promise<number | undefined> {
    if (outcome.outcome === 'skipped') return restUntil(repository)
    return outcome.outcome === 'failed' && outcome.resting ? outcome.notBefore : undefined
  }
}

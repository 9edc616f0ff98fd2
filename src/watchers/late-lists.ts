import type { Clock } from '../lifecycle/clock.js'
import type { PollOutcome } from './poll.js'

export interface LateLists {
  /** Takes note of what came of a look after a push event. */
  note(repository: string, outcome: PollOutcome): void
  stop(): void
}

export interface LateListsOptions {
  readonly look: (repository: string) => void
  readonly clock: Clock
}

/** A replica has a push of another region within minutes at most; later ones are for the schedule. */
const PAUSES_MS = [5_000, 30_000, 120_000]

/** Of one push come several events: those that follow the one that found it have nothing to find. */
const FOUND_MS = 10_000

/**
 * Looks again, and again after longer, where a push event found nothing new: registries tell of a tag before all of their replicas
 * and caches list it. What waits is lost with the process, whose next one looks at everything.
 */
export function createLateLists({ look, clock }: LateListsOptions): LateLists {
  const waiting = new Map<string, () => void>()
  const looksDone = new Map<string, number>()
  const foundAt = new Map<string, number>()
  let stopped = false

  return {
    note(repository, { outcome }) {
      if (outcome === 'changed') {
        forget(repository)
        foundAt.set(repository, clock.now())
      }
      if (outcome !== 'unchanged' || stopped || waiting.has(repository) || wasFound(repository)) return
      const done = looksDone.get(repository) ?? 0
      const pauseMs = PAUSES_MS[done]
      if (pauseMs === undefined) return forget(repository)
      looksDone.set(repository, done + 1)
      const cancel = clock.after(pauseMs, () => {
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

  function wasFound(repository: string): boolean {
    const age = clock.now() - (foundAt.get(repository) ?? Number.NEGATIVE_INFINITY)
    if (age >= 0 && age < FOUND_MS) return true
    foundAt.delete(repository)
    return false
  }

  function forget(repository: string): void {
    waiting.get(repository)?.()
    waiting.delete(repository)
    looksDone.delete(repository)
  }
}

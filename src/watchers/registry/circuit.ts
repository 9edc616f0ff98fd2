import { backoffMs } from '../../lifecycle/backoff.js'
import type { Clock } from '../../lifecycle/clock.js'
import { isPausing } from '../../lifecycle/pause.js'

/** Why a host is left alone, and until when, in milliseconds since the Unix epoch. */
export interface Rest {
  readonly reason: string
  readonly until: number
}

/**
 * Leaves a host alone that fails repository after repository: after each pause one call goes first, and only its success
 * lets the others follow. The pauses grow while it fails.
 *
 * Whoever enters says how it ended: exactly one of `succeeded`, `failed` and `abandoned`.
 */
export interface Circuit {
  /** Undefined where a call may go now. */
  enter(): Rest | undefined
  succeeded(): void
  /** Returns the rest that this failure begins, if it begins one. `subject` is the repository that was asked for. */
  failed(subject: string, reason: string): Rest | undefined
  /** The call ended before it showed anything about the host. */
  abandoned(): void
}

/**
 * That many repositories in a row must fail: one alone may be broken while its host is well, and has a back-off of its own.
 */
const FAILING_REPOSITORIES = 5
const PAUSE = { baseMs: 10_000, maxMs: 300_000 }

export function createCircuit(clock: Clock, random: () => number): Circuit {
  const failing = new Set<string>()
  let rests = 0
  let rest: Rest | undefined
  let probing = false

  return {
    enter() {
      if (rest === undefined) return undefined
      if (probing || isPausing(rest.until, clock.now(), PAUSE.maxMs)) return rest
      probing = true
      return undefined
    },
    succeeded() {
      failing.clear()
      rests = 0
      rest = undefined
      probing = false
    },
    failed(subject, reason) {
      // What was under way when the rest began says nothing new.
      if (rest !== undefined && !probing) return undefined
      failing.add(subject)
      if (!probing && failing.size < FAILING_REPOSITORIES) return undefined
      rests++
      probing = false
      rest = { reason, until: clock.now() + backoffMs(rests, PAUSE, random) }
      return rest
    },
    abandoned() {
      probing = false
    },
  }
}

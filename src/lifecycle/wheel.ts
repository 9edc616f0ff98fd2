import type { Clock } from './clock.js'
import type { Component } from './component.js'

export interface Beat {
  readonly intervalMs: number
  readonly run: () => void
  /** What it is known by when the wheel takes other beats; without one it is a new one then. */
  readonly key?: string
}

export interface Wheel extends Component {
  /**
   * Takes other beats. One whose key and interval were there before comes when it would have come; the others are spread as at
   * a start.
   */
  take(beats: readonly Beat[]): void
}

const SLOT_MS = 250

/** Every period is drawn anew from ±10 % of the interval, so that what started together drifts apart. */
const JITTER = 0.1

/**
 * The share of an interval that is surely shorter than any of its periods. Whoever acts within it of another process that
 * has the same beat doubles its work.
 */
export const WITHIN_PERIOD = 0.8

/** The first beats come at most this close together: a start with 10,000 repositories is no burst. */
const FIRST_BEAT_SPACING_MS = 20

/** Machines that start without a clock of their own are set from 1970 to now: years of empty slots would take minutes. */
const LONGEST_STEP_MS = 86_400_000

/**
 * Calls each beat once per interval, with jitter: one timer for all of them, however many there are.
 *
 * The first calls are spread at random over a time that grows with the number of beats but never exceeds the interval.
 * A clock that is set back delays nothing, and one that is set forward brings each beat at most once.
 */
export function startWheel(beats: readonly Beat[], clock: Clock, random: () => number): Wheel {
  const slots = new Map<number, Turning[]>()
  let turning: readonly Turning[] = []
  const slotOf = (instant: number) => Math.floor(instant / SLOT_MS)

  const put = (one: Turning, instant: number) => {
    const slot = Math.max(slotOf(instant), next)
    const due = slots.get(slot)
    if (due === undefined) slots.set(slot, [one])
    else due.push(one)
  }

  const take = (taken: readonly Beat[]) => {
    const known = new Map(turning.map((one) => [one.beat.key, one]))
    for (const one of turning) one.isOff = true
    const added: Turning[] = []
    turning = taken.map((beat) => {
      const before = beat.key === undefined ? undefined : known.get(beat.key)
      if (before?.beat.intervalMs === beat.intervalMs) return Object.assign(before, { beat, isOff: false })
      const one = { beat, isOff: false }
      added.push(one)
      return one
    })
    const spreadMs = added.length * FIRST_BEAT_SPACING_MS
    for (const one of added) put(one, time + random() * Math.min(one.beat.intervalMs, spreadMs))
  }

  const turn = () => {
    const now = clock.now()
    time += Math.min(Math.max(now - turnedAt, 0), LONGEST_STEP_MS)
    turnedAt = now
    for (; next <= slotOf(time); next++) {
      const due = slots.get(next) ?? []
      slots.delete(next)
      for (const one of due) {
        if (one.isOff) continue
        one.beat.run()
        put(one, time + one.beat.intervalMs * (1 - JITTER + 2 * JITTER * random()))
      }
    }
    cancel = clock.after(SLOT_MS, turn)
  }

  let turnedAt = clock.now()
  let time = 0 // that the wheel has turned, whatever the clock was set to meanwhile
  let next = 0
  take(beats)
  let cancel = clock.after(0, turn)

  return {
    take,
    async stop() {
      cancel()
    },
  }
}

/** A beat in its slot, which passes over one that was taken off. */
interface Turning {
  beat: Beat
  isOff: boolean
}

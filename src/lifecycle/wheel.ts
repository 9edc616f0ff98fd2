import type { Clock } from './clock.js'
import type { Component } from './component.js'

export interface Beat {
  readonly intervalMs: number
  readonly run: () => void
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
export function startWheel(beats: readonly Beat[], clock: Clock, random: () => number): Component {
  const slots = new Map<number, Beat[]>()
  const slotOf = (instant: number) => Math.floor(instant / SLOT_MS)

  const put = (beat: Beat, instant: number) => {
    const slot = Math.max(slotOf(instant), next)
    const due = slots.get(slot)
    if (due === undefined) slots.set(slot, [beat])
    else due.push(beat)
  }

  const turn = () => {
    const now = clock.now()
    time += Math.min(Math.max(now - turnedAt, 0), LONGEST_STEP_MS)
    turnedAt = now
    for (; next <= slotOf(time); next++) {
      const due = slots.get(next) ?? []
      slots.delete(next)
      for (const beat of due) {
        beat.run()
        put(beat, time + beat.intervalMs * (1 - JITTER + 2 * JITTER * random()))
      }
    }
    cancel = clock.after(SLOT_MS, turn)
  }

  let turnedAt = clock.now()
  let time = 0 // that the wheel has turned, whatever the clock was set to meanwhile
  let next = 0
  const spreadMs = beats.length * FIRST_BEAT_SPACING_MS
  for (const beat of beats) put(beat, random() * Math.min(beat.intervalMs, spreadMs))
  let cancel = clock.after(0, turn)

  return {
    async stop() {
      cancel()
    },
  }
}

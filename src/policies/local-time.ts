import { PolicyError } from './errors.js'

/**
 * What the clocks of a time zone show. A wall time is counted in milliseconds as if the clock that shows it were in UTC;
 * an instant is the milliseconds since the Unix epoch.
 */
export interface Zone {
  /** As it was given. */
  readonly name: string
  /** The wall time at an instant. */
  wallAt(instant: number): number
  /** When the clocks are changed between two instants, the later one included; undefined where both have the same offset. */
  changeBetween(earlier: number, later: number): number | undefined
}

/** A date, a date and time by the clocks of some zone, or an instant. */
export interface Moment {
  /** Midnight where it is a date. */
  readonly wall: number
  readonly isDate: boolean
  /** Of an instant, how far its clock is ahead of UTC. */
  readonly offsetMs?: number
}

/** A zone by its name in the IANA database; default: this machine's. Throws `PolicyError` `INVALID_WINDOW`. */
export function openZone(name?: string): Zone {
  const format = formatOf(name)
  const offsetAt = (instant: number) => readOffset(format.format(instant))

  return {
    name: name ?? format.resolvedOptions().timeZone,
    wallAt: (instant) => instant + offsetAt(instant),
    changeBetween(earlier, later) {
      const offset = offsetAt(earlier)
      if (offsetAt(later) === offset) return undefined
      let [before, after] = [earlier, later]
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2)
        if (offsetAt(middle) === offset) before = middle
        else after = middle
      }
      return after
    },
  }
}

/**
 * Reads an instant of RFC 3339, or a date or time by the clocks of a zone (default: this machine's), as the end of what lasts
 * until then: a date is where its day begins, and of a time that the clocks show twice the second one counts.
 * Undefined where the text is neither. Throws `PolicyError` `INVALID_WINDOW` where nobody knows the zone.
 */
export function parseInstant(text: string, timezone?: string): number | undefined {
  const zone = openZone(timezone)
  const moment = tryParseMoment(text)
  return moment && endInstant(moment, zone)
}

const MOMENT =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,9})?)?([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?$/

/** Reads `2026-12-24`, `2026-12-24T18:00`, or RFC 3339 such as `2026-12-24T18:00:00+01:00`, whose seconds may be left out. */
export function tryParseMoment(text: string): Moment | undefined {
  const [match, date = '', time, seconds = '', offset] = MOMENT.exec(text) ?? []
  if (match === undefined) return undefined
  const minute = `${date}T${time ?? '00:00'}`
  const wall = Date.parse(`${minute}${seconds}Z`)
  // What there is not, such as 31 February, becomes another day.
  if (Number.isNaN(wall) || !new Date(wall).toISOString().startsWith(minute)) return undefined
  return { wall, isDate: time === undefined, ...(offset !== undefined && { offsetMs: readOffset(offset) }) }
}

/** The first instant at which the clocks show a moment, or later where they leave it out. */
export function startInstant({ wall, offsetMs }: Moment, zone: Zone): number {
  if (offsetMs !== undefined) return wall - offsetMs
  const { change, before, after } = readings(wall, zone)
  return before < change ? before : Math.max(change, after)
}

/** The first instant from which on the clocks show nothing before a moment: the second one where they show it twice. */
export function endInstant({ wall, offsetMs }: Moment, zone: Zone): number {
  if (offsetMs !== undefined) return wall - offsetMs
  const { change, before, after } = readings(wall, zone)
  return after > change ? after : Math.min(change, before)
}

const DAY_MS = 86_400_000

/** When the clocks are changed near a wall time, and the instants of it by the offsets of before and after. */
function readings(wall: number, zone: Zone): Record<'change' | 'before' | 'after', number> {
  // No zone is more than 15 hours from UTC, so these are before and after any instant of the wall time.
  const [earlier, later] = [wall - DAY_MS, wall + DAY_MS]
  return {
    change: zone.changeBetween(earlier, later) ?? Number.POSITIVE_INFINITY,
    before: wall - (zone.wallAt(earlier) - earlier),
    after: wall - (zone.wallAt(later) - later),
  }
}

/** By name. Each takes 20 KiB and more outside of the heap, which thousands of policies in one zone need not pay twice. */
const formats = new Map<string | undefined, Intl.DateTimeFormat>()

/** There are about 600 names. Whoever spells them in other cases gets what is not kept. */
const MAX_KEPT = 1_000

function formatOf(timeZone: string | undefined): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = createFormat(timeZone)
  if (formats.size < MAX_KEPT) formats.set(timeZone, format)
  return format
}

function createFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const shown = String(timeZone).slice(0, 100)
    throw new PolicyError('INVALID_WINDOW', `Cannot use time zone "${shown}": it is unknown`, { cause: error })
  }
}

const OFFSET = /([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?$/

/** Of `-05:00`, `Z`, or a formatted date such as `12/24/2026, GMT+01:00`, which ends in `GMT` where the offset is none. */
function readOffset(formatted: string): number {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = OFFSET.exec(formatted) ?? []
  const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000
  return sign === '-' ? -offset : offset
}

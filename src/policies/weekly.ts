import { PolicyError } from './errors.js'

/** Times that come again each week, by what the clocks show. */
export interface Weekly {
  /** How many milliseconds a clock at this wall time (see `Zone`) goes on until it shows one of the times; 0 while it does. */
  waitAt(wall: number): number
}

/** In milliseconds from the begin of Monday, the end excluded. */
interface Span {
  readonly start: number
  readonly end: number
}

const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
const WEEK_MS = 7 * DAY_MS

/** Wall time 0 is a Thursday. */
const MONDAY_MS = -3 * DAY_MS

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const DAY_BY_NAME = new Map(DAYS.flatMap((name, day) => [[name, day] as const, [name.slice(0, 3), day] as const]))

const TIME = /^([0-9]{1,2}):([0-5][0-9])$/

/**
 * Reads days such as `Mon-Fri`, `Sat,Sun` or `Fri-Mon`, times such as `09:00-12:00,13:00-17:00`, or both. Times that end before
 * they begin, such as `22:00-06:00`, end on the next day. Several texts: any of them; none:
 * always. Throws `PolicyError` `INVALID_WINDOW`.
 */
export function parseWeekly(texts: readonly string[]): Weekly {
  const spans = texts.flatMap(parseSpans).sort((a, b) => a.start - b.start)
  const [first] = spans
  if (first === undefined) return { waitAt: () => 0 }

  return {
    waitAt(wall) {
      const at = (((wall - MONDAY_MS) % WEEK_MS) + WEEK_MS) % WEEK_MS
      if (spans.some(({ start, end }) => start <= at && at < end)) return 0
      const next = spans.find(({ start }) => start > at)?.start ?? first.start + WEEK_MS
      return next - at
    },
  }
}

type Refuse = (reason: string) => never

function parseSpans(text: string): Span[] {
  const refuse: Refuse = (reason) => {
    throw new PolicyError('INVALID_WINDOW', `Cannot parse window "${text}": ${reason}`)
  }
  if (text === '') refuse('it is empty')
  const digit = text.search(/[0-9]/)
  const days = (digit === -1 ? text : text.slice(0, digit)).trim()
  const times = digit === -1 ? '' : text.slice(digit)
  const starts = days === '' ? [...DAYS.keys()] : days.split(',').flatMap((part) => parseDays(part.trim(), refuse))
  const spans =
    times === '' ? [{ start: 0, end: DAY_MS }] : times.split(',').map((part) => parseTimes(part.trim(), refuse))
  return starts.flatMap((day) => spans.flatMap(({ start, end }) => wrap(day * DAY_MS + start, day * DAY_MS + end)))
}

function parseDays(text: string, refuse: Refuse): number[] {
  const [first = '', last = first, ...others] = text.split('-').map((name) => name.trim())
  if (others.length > 0) refuse(`"${text}" is no range of days such as "Mon-Fri"`)
  const start = dayOf(first, refuse)
  const count = ((dayOf(last, refuse) - start + 7) % 7) + 1
  return Array.from({ length: count }, (_, index) => (start + index) % 7)
}

function dayOf(name: string, refuse: Refuse): number {
  return DAY_BY_NAME.get(name.toLowerCase()) ?? refuse(`"${name}" is no day such as "Mon" or "Monday"`)
}

function parseTimes(text: string, refuse: Refuse): Span {
  const [from, to, ...others] = text.split('-').map((time) => time.trim())
  if (from === undefined || to === undefined || others.length > 0) {
    return refuse(`"${text}" is no range of times such as "09:00-17:00"`)
  }
  const start = timeOf(from, refuse)
  const end = timeOf(to, refuse)
  if (start === DAY_MS) refuse('"24:00" can only be an end')
  if (start === end) refuse(`"${text}" ends when it begins, and a whole day is "00:00-24:00"`)
  return { start, end: end < start ? end + DAY_MS : end }
}

function timeOf(text: string, refuse: Refuse): number {
  const [match, hours, minutes] = TIME.exec(text) ?? []
  const time = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS
  return match !== undefined && time <= DAY_MS ? time : refuse(`"${text}" is no time from "00:00" to "24:00"`)
}

/** The night of Sunday ends on the Monday with which the week begins. */
function wrap(start: number, end: number): Span[] {
  if (end <= WEEK_MS) return [{ start, end }]
  return [
    { start, end: WEEK_MS },
    { start: 0, end: end - WEEK_MS },
  ]
}

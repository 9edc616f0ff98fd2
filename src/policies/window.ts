import { PolicyError } from './errors.js'
import { endInstant, type Moment, openZone, startInstant, tryParseMoment, type Zone } from './local-time.js'
import { parseWeekly } from './weekly.js'

export interface WindowTexts {
  /** Such as `Mon-Fri 09:00-17:00` (see `parseWeekly`), several: any of them. Default: always. */
  readonly allow?: string | readonly string[]
  /** Such as `2026-12-24/2027-01-02`, of which both days are frozen, `2026-12-25`, or times of which the end is not frozen. */
  readonly freeze?: readonly string[]
  /** By whose clocks. Default: this machine's. */
  readonly timezone?: string
}

/** When a policy may write. */
export interface WriteWindow {
  /** At an instant. Both are in milliseconds since the Unix epoch. */
  judge(now: number): WindowState
}

export type WindowState =
  | { readonly open: true }
  | {
      readonly open: false
      readonly reason: string
      /** When it opens next, if that is within a year. */
      readonly until?: number
    }

const MAX_ALLOW = 50
const MAX_FREEZE = 100
const MAX_LENGTH = 100
const DAY_MS = 86_400_000
const YEAR_MS = 366 * DAY_MS

/**
 * A freeze wins over what is allowed.
 *
 * What is allowed goes by what the clocks show: of a window, the part that they leave out in spring does not come that day,
 * and the part that they show twice in autumn comes twice. A freeze is one span: it begins when the clocks first show its
 * start, and ends when they show its end for the last time. Throws `PolicyError` `INVALID_WINDOW`.
 */
export function createWindow({ allow, freeze = [], timezone }: WindowTexts): WriteWindow {
  const zone = openZone(timezone)
  const allowed = textsOf('window', [allow ?? []].flat(), MAX_ALLOW)
  if (allow !== undefined && allowed.length === 0) throw invalid('windows', 'there is none')
  const weekly = parseWeekly(allowed)
  const freezes = textsOf('freeze', freeze, MAX_FREEZE).map((text) => parseFreeze(text, zone))
  const frozenBy = (at: number) => freezes.find(({ start, end }) => start <= at && at < end)

  return {
    judge(now) {
      const frozen = frozenBy(now)
      if (frozen === undefined && weekly.waitAt(zone.wallAt(now)) === 0) return { open: true }
      const what = frozen === undefined ? `outside ${list(allowed)}` : `frozen by "${frozen.text}"`
      const until = nextOpening(now)
      return { open: false, reason: `${what} (${zone.name})`, ...(until !== undefined && { until }) }
    },
  }

  function nextOpening(now: number): number | undefined {
    let at = Math.ceil(now)
    while (at <= now + YEAR_MS) {
      const frozen = frozenBy(at)
      const next = frozen?.end ?? nextAllowed(at)
      if (next === at) return at
      at = next
    }
    return undefined
  }

  /** The instant itself if it is allowed, or else when the next window begins, or before it the clocks are changed. */
  function nextAllowed(at: number): number {
    const next = at + weekly.waitAt(zone.wallAt(at))
    return zone.changeBetween(at, next) ?? next
  }
}

interface Freeze {
  readonly text: string
  readonly start: number
  readonly end: number
}

function parseFreeze(text: string, zone: Zone): Freeze {
  const quoted = `freeze "${text}"`
  const [from = '', to = from, ...others] = text.split('/').map((part) => part.trim())
  if (others.length > 0) throw invalid(quoted, 'it has more than a start and an end')
  const first = momentOf(from, quoted)
  const last = momentOf(to, quoted)
  if (!first.isDate && !text.includes('/')) throw invalid(quoted, 'it has no end')
  const start = startInstant(first, zone)
  const end = endInstant(last.isDate ? { ...last, wall: last.wall + DAY_MS } : last, zone)
  if (end <= start) throw invalid(quoted, 'its end is not after its start')
  return { text, start, end }
}

function momentOf(text: string, freeze: string): Moment {
  const moment = tryParseMoment(text)
  if (moment !== undefined) return moment
  throw invalid(freeze, `"${text}" is no day or time that there is, such as "2026-12-24" or "2026-12-24T18:00"`)
}

/** Makes each one line, as reasons are. */
function textsOf(kind: string, given: readonly string[], most: number): string[] {
  if (given.length > most) throw invalid(`${kind}s`, `there are more than ${most}`)
  return given.map((text) => {
    if (text.length <= MAX_LENGTH) return text.replace(/\s+/g, ' ').trim()
    throw invalid(`${kind} "${text.slice(0, MAX_LENGTH)}…"`, `it has more than ${MAX_LENGTH} characters`)
  })
}

function invalid(what: string, reason: string): PolicyError {
  return new PolicyError('INVALID_WINDOW', `Cannot parse ${what}: ${reason}`)
}

const MAX_LISTED = 3

function list(windows: readonly string[]): string {
  const quoted = windows
    .slice(0, MAX_LISTED)
    .map((text) => `"${text}"`)
    .join(' and ')
  return windows.length > MAX_LISTED ? `${quoted} and ${windows.length - MAX_LISTED} more` : quoted
}

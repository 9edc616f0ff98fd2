import { type Html, html } from './html.js'

/** How long ago an instant was, or when it will be, with the instant itself for who asks. */
export function timeShown(at: number, now: number): Html {
  const date = new Date(at)
  // Others may have written any number.
  if (Number.isNaN(date.getTime())) return html`at some time`
  const iso = date.toISOString()
  const absolute = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
  return html`<time datetime="${iso}" title="${absolute}">${relativeTime(at, now)}</time>`
}

/** Such as `12 min ago` or `in 3 h`: as exact as somebody who passes by needs it. */
export function relativeTime(at: number, now: number): string {
  const span = Math.abs(now - at)
  if (span < JUST_NOW_MS) return 'just now'
  const isOver = at < now
  // What is to come in 2 h less a second comes in 2 h.
  const countOf = (unitMs: number) => (isOver ? Math.floor(span / unitMs) : Math.round(span / unitMs))
  const [unitMs, unit] = UNITS.find(([ms, , most]) => countOf(ms) < most) ?? DAYS
  const count = countOf(unitMs)
  const words = `${count} ${unit === 'day' && count > 1 ? 'days' : unit}`
  return isOver ? `${words} ago` : `in ${words}`
}

const JUST_NOW_MS = 10_000
const DAYS = [86_400_000, 'day', Number.POSITIVE_INFINITY] as const
/** A unit, its name, and how many of it are still shown as such. */
const UNITS = [[1_000, 's', 60], [60_000, 'min', 60], [3_600_000, 'h', 48], DAYS] as const

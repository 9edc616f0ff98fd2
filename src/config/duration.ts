/** Whole numbers with their unit, the greater unit first: `300ms`, `30s`, `1h30m`, `7d`. */
export const DURATION = '(?=[0-9])(?:[0-9]{1,9}d)?(?:[0-9]{1,9}h)?(?:[0-9]{1,9}m)?(?:[0-9]{1,9}s)?(?:[0-9]{1,9}ms)?'

/** The longest that a timer of Node.js waits is 2^31 - 1 ms, which is more than 24 days: a longer one fires at once. */
export const MAX_INTERVAL_MS = 24 * 86_400_000

/** Ten years: longer than anybody waits, and what comes of it is an instant that a date can tell. */
export const MAX_SPAN_MS = 3_650 * 86_400_000

const WHOLE = new RegExp(`^${DURATION}$`)

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** Milliseconds, or undefined where the text is not a duration. */
export function tryParseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(/([0-9]+)([a-z]+)/g)) total += Number(count) * (UNIT_MS[unit ?? ''] ?? 0)
  return total
}

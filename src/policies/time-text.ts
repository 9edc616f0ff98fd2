const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** As the policy file has durations: `24h` comes out as `1d`, and nothing as `0s`. */
export function formatDuration(durationMs: number): string {
  let leftMs = Math.round(durationMs)
  const parts: string[] = []
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(leftMs / unitMs)
    if (count > 0) parts.push(`${count}${unit}`)
    leftMs -= count * unitMs
  }
  return parts.join('') || '0s'
}

/** The last that a `Date` can hold: what is waited for until later is waited for forever. */
const LAST_INSTANT = 8.64e15

/** `2026-11-20T10:00:00Z` of milliseconds since the Unix epoch. */
export function formatInstant(instant: number): string {
  return new Date(Math.max(-LAST_INSTANT, Math.min(instant, LAST_INSTANT))).toISOString().replace(/\.[0-9]+Z$/, 'Z')
}

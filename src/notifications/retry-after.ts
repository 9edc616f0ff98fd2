/** Nobody waits longer, whatever a server asks for. */
const LONGEST_MS = 3_600_000

/** Reads `Retry-After`, seconds or a date (RFC 9110, section 10.2.3), as milliseconds since the Unix epoch. */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const asked = /^\d{1,9}$/.test(header) ? now + Number(header) * 1_000 : Date.parse(header)
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, now), now + LONGEST_MS)
}

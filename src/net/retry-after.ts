const HOUR_MS = 3_600_000

/** Seconds above this cannot be a delay: Docker Hub has sent the instant itself, in seconds since the Unix epoch. */
const EPOCH_SECONDS = 1_000_000_000

/**
 * Reads `Retry-After`: a delay in seconds, a date (RFC 9110, section 10.2.3), or an instant in seconds since the Unix epoch.
 * Returns milliseconds since the Unix epoch, never before `now` and at most an hour after it, whatever was asked;
 * undefined where there is nothing to read.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const asked = instantOf(header?.trim() ?? '', now)
  if (asked === undefined) return undefined
  return Math.min(Math.max(asked, now), now + HOUR_MS)
}

function instantOf(text: string, now: number): number | undefined {
  if (/^\d{1,15}$/.test(text)) {
    const seconds = Number(text)
    return seconds >= EPOCH_SECONDS ? seconds * 1_000 : now + seconds * 1_000
  }
  const date = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}

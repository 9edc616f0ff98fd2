import { z } from 'zod'
import { DURATION, MAX_INTERVAL_MS, MAX_SPAN_MS, tryParseDuration } from './duration.js'
import { orText, text, textThat } from './fields.js'
import { isTimezone, pathComplaint } from './texts.js'

/*
 * The values that more than one section of the policy file has.
 */

export const notEmpty = () => textThat('a text that is not empty', (value) => value !== '', '.')

export const path = () => text('a path', pathComplaint, '^[^~]')

export const flag = () => orText('true or false', z.boolean(), /^(?:true|false)$/)

export const timezone = () => textThat('a time zone such as "Europe/Paris"', isTimezone)

export const requestsPerSecond = () => {
  const expected = 'expected a number above 0 and below 100000'
  const number = z.number().gt(0, expected).lt(100_000, expected)
  return orText('a number above 0 and below 100000', number, /^(?=.*[1-9])[0-9]{1,5}(?:\.[0-9]{1,9})?$/)
}

/** How long a timer waits. */
export const interval = () => duration('5m', 1_000, MAX_INTERVAL_MS, 'from 1s to 24d')

/** How long something must have lasted. */
export const span = () => duration('24h', 0, MAX_SPAN_MS, 'of 3650d at most')

function duration(example: string, leastMs: number, mostMs: number, bounds: string) {
  const expectation = `a duration such as "${example}"`
  return text(
    expectation,
    (value) => {
      const durationMs = tryParseDuration(value)
      if (durationMs === undefined) return `expected ${expectation}`
      return durationMs >= leastMs && durationMs <= mostMs ? undefined : `expected a duration ${bounds}`
    },
    `^${DURATION}$`,
  )
}

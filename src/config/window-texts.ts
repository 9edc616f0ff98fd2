import type { Complaint, Rule } from './rules.js'
import { isTimezone, windowComplaint } from './texts.js'

const WINDOW = 'a window such as "Mon-Fri 09:00-17:00"'
export const FREEZE = 'a freeze such as "2026-12-24/2027-01-02"'

/** As many as may be wrong without checking each of a list of any length. */
const MAX_CHECKED = 100

/** What the texts of a window must be, which its time zone decides, too. */
export const windowTexts: Rule = ({ allow, freeze, timezone }) => {
  const zone = typeof timezone === 'string' && isTimezone(timezone) ? { timezone } : {}
  return [
    ...complaints('allow', allow, (texts) => windowComplaint({ allow: texts, ...zone }), WINDOW),
    ...complaints('freeze', freeze, (texts) => windowComplaint({ freeze: texts, ...zone }), FREEZE),
  ]
}

function complaints(
  key: string,
  given: unknown,
  complaint: (texts: readonly string[]) => string | undefined,
  expectation: string,
): readonly Complaint[] {
  const texts: readonly unknown[] = Array.isArray(given) ? given : [given]
  const known = texts.filter((text) => typeof text === 'string')
  const message = known.length === 0 ? undefined : complaint(known)
  if (message === undefined) return []
  if (!Array.isArray(given)) return [{ key, message, expectation }]
  const faulty = texts.slice(0, MAX_CHECKED).flatMap((text, index) => {
    const message = typeof text === 'string' ? complaint([text]) : undefined
    return message === undefined ? [] : [{ key, index, message, expectation }]
  })
  return faulty.length > 0 ? faulty : [{ key, message }]
}

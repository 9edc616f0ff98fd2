import { skipSpace, tokenAt, valueAt } from './header.js'

/** One way to authenticate that a 401 offers. */
export interface Challenge {
  /** In lower case, such as `bearer`. */
  readonly scheme: string
  /** By name in lower case. The first of two equal names counts. */
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Reads a `WWW-Authenticate` header: several challenges may stand in one, or in several that Node joined by commas
 * (RFC 9110, section 11.6.1). What is malformed is skipped, so that one odd challenge does not hide a good one.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0

  while (at < header.length) {
    const name = tokenAt(header, at).toLowerCase()
    if (name === '') {
      at++ // a separator, or something that does not belong here
      continue
    }
    at = skipSpace(header, at + name.length)
    const current = challenges.at(-1)
    if (header[at] !== '=' || current === undefined) {
      challenges.push({ scheme: name, parameters: new Map() })
      continue
    }
    const { text, end } = valueAt(header, skipSpace(header, at + 1))
    if (!current.parameters.has(name)) current.parameters.set(name, text)
    at = end
  }
  return challenges
}

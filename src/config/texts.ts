import { tryParseReference } from '../image/reference.js'
import { tryParseRepository } from '../image/repository.js'
import { createPolicy, type Select } from '../policies/create.js'
import { PolicyError } from '../policies/errors.js'
import type { TagFilter } from '../policies/filter.js'

/*
 * What the texts of a policy file must be. A complaint is undefined where nothing is wrong, and never repeats a text that
 * may come from outside of the file.
 */

export function imageComplaint(text: string): string | undefined {
  if (text.includes('://')) return 'an image has no scheme: expected one such as "ghcr.io/org/app"'
  if (tryParseRepository(text) !== undefined) return undefined
  const reference = tryParseReference(text)
  if (reference === undefined) return 'expected an image repository such as "ghcr.io/org/app"'
  return `the policy selects the ${reference.tag === undefined ? 'digest' : 'tag'}: expected the image without it`
}

export function isRange(text: string): boolean {
  return policyComplaint({ semver: text }) === undefined
}

export function patternComplaint(text: string): string | undefined {
  return policyComplaint(ANY, { include: text })
}

/** Of a template whose pattern is right. */
export function extractComplaint(extract: string, include: string): string | undefined {
  return policyComplaint(ANY, { include, extract })
}

const ANY: Select = { alphabetical: 'ascending' }

function policyComplaint(select: Select, tags?: TagFilter): string | undefined {
  try {
    createPolicy(select, tags)
    return undefined
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    return `c${error.message.slice(1)}`
  }
}

/** Names of the time zone database, and offsets such as `+02:00`. */
export function isTimezone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}

/** Files are matched by their path from the root of the repository, which has neither a leading slash nor `..`. */
export function isGlob(text: string): boolean {
  if (text === '' || text.length > 1_024 || text.startsWith('/')) return false
  return !text.split('/').some((part) => part === '..' || part === '.')
}

export function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== ''
}

export function pathComplaint(text: string): string | undefined {
  if (text === '' || text.includes('\0')) return 'expected a path'
  return text.startsWith('~') ? `"~" is not expanded, use "\${HOME}"` : undefined
}

/** Git ends a name and an address at these characters: the object format of a commit has no escapes. */
export function isAuthorText(text: string): boolean {
  return text.trim() !== '' && !/[<>\n\0]/.test(text)
}

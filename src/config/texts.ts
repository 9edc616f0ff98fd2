import { tryParseReference } from '../image/reference.js'
import { tryParseRepository } from '../image/repository.js'
import { isReferrerTag, isTag } from '../image/tag.js'
import { createPolicy, type Select } from '../policies/create.js'
import { PolicyError } from '../policies/errors.js'
import type { TagFilter } from '../policies/filter.js'
import { parseKeyPath } from '../policies/key-path.js'
import { parseInstant } from '../policies/local-time.js'
import { createWindow, type WindowTexts } from '../policies/window.js'
import {
  compileBranchTemplate,
  compileMessageTemplate,
  compileNotificationTemplate,
  TemplateError,
} from '../template.js'
import { isBranchName } from './branch.js'

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

/** Of a pattern that a text must match from its start to its end. */
export function wholePatternComplaint(text: string): string | undefined {
  if (text === '') return 'expected a regular expression in RE2 syntax'
  return patternComplaint(text) ?? patternComplaint(`\\A(?:${text})\\z`)
}

/** Of a template whose pattern is right. */
export function extractComplaint(extract: string, include: string): string | undefined {
  return policyComplaint(ANY, { include, extract })
}

const ANY: Select = { alphabetical: 'ascending' }

/** Of the path to a value in a YAML document. */
export function valuePathComplaint(text: string): string | undefined {
  return complaintOf(() => parseKeyPath(text))
}

export function windowComplaint(texts: WindowTexts): string | undefined {
  return complaintOf(() => createWindow(texts))
}

function policyComplaint(select: Select, tags?: TagFilter): string | undefined {
  return complaintOf(() => createPolicy(select, tags))
}

function complaintOf(build: () => unknown): string | undefined {
  try {
    build()
    return undefined
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    return `c${error.message.slice(1)}`
  }
}

/** One that names an image to run. */
export function isImageTag(text: string): boolean {
  return isTag(text) && !isReferrerTag(text)
}

/** Names of the time zone database, and offsets such as `+02:00`. */
export function isTimezone(text: string): boolean {
  return windowComplaint({ timezone: text }) === undefined
}

export function isInstant(text: string): boolean {
  return parseInstant(text, 'UTC') !== undefined
}

/** What an OpenID provider is called by: OpenID Connect Core 1.0, section 2, "iss". */
export function isIssuer(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && !/[?#\s]/.test(text)
}

const MAX_LINE = 200

export function isLine(text: string): boolean {
  return text.trim() !== '' && text.length <= MAX_LINE && !/\p{Cc}/u.test(text)
}

/** Files are matched by their path from the root of the repository, which has neither a leading slash nor `..`. */
export function isGlob(text: string): boolean {
  if (text === '' || text.length > 1_024 || text.startsWith('/')) return false
  // It would match all files but those that it means to leave out.
  if (text.startsWith('!') && !text.startsWith('!(')) return false
  return !text.split('/').some((part) => part === '..' || part === '.')
}

export function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== ''
}

export function pathComplaint(text: string): string | undefined {
  if (text === '' || text.includes('\0')) return 'expected a path'
  return text.startsWith('~') ? `"~" is not expanded, use "\${HOME}"` : undefined
}

/** Of a key that is read from a file: what `cosign` takes beside paths is told apart. */
export function keyPathComplaint(text: string): string | undefined {
  if (text.includes('-----BEGIN')) return 'the key itself cannot stand here: expected the path of a file that has it'
  if (text.includes('://')) return 'a URL cannot stand here: expected the path of a file with the public key'
  return pathComplaint(text)
}

/** Of the message of commits. */
export function messageComplaint(text: string): string | undefined {
  return templateComplaint(text, () => compileMessageTemplate(text))
}

/** Of the text of notifications. */
export function notificationComplaint(text: string): string | undefined {
  return templateComplaint(text, () => compileNotificationTemplate(text))
}

/** One that stands below `refs/heads/`, without saying so. */
export function isBranch(text: string): boolean {
  return isBranchName(text) && !text.startsWith('refs/')
}

/** Of the branch that is pushed to. What a variable becomes is known only then. */
export function pushBranchComplaint(text: string): string | undefined {
  const complaint = templateComplaint(text, () => compileBranchTemplate(text))
  if (complaint !== undefined) return complaint
  const isFixed = !/\{[{%]/.test(text)
  return isFixed && !isBranch(text) ? 'expected a branch name' : undefined
}

function templateComplaint(text: string, compile: () => unknown): string | undefined {
  if (text.trim() === '') return 'expected a template that is not empty'
  try {
    compile()
    return undefined
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return `cannot read the template: ${error.message}`
  }
}

const MAX_SERVER_OPTION = 1_000

/** Source: gitprotocol-pack(5), "push-options": neither a line feed nor NUL. */
export function isServerOption(text: string): boolean {
  return text !== '' && text.length <= MAX_SERVER_OPTION && !/\p{Cc}/u.test(text)
}

/** Git ends a name and an address at some of these characters: the object format of a commit has no escapes. */
export function isAuthorText(text: string): boolean {
  return text.trim() !== '' && !/[<>\p{Cc}]/u.test(text)
}

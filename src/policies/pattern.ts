import { RE2JS, RE2JSException } from 're2js'
import { PolicyError } from './errors.js'

/** A regular expression in RE2 syntax, which takes linear time on every text. */
export interface Pattern {
  /** As it was written. */
  readonly text: string
  /** Whether some part of a text matches. */
  matches(text: string): boolean
  /** The leftmost part that matches and then its groups, empty where they have no part in it; undefined where nothing matches. */
  groupsOf(text: string): readonly string[] | undefined
  /** The index of a group by its number or name, if it is there. */
  indexOf(group: string): number | undefined
}

/** Of the text. */
const MAX_LENGTH = 1_024

/** Of the compiled pattern, which counted repetitions make large: `(a{1000}b?){0,9}`. What a person writes has a few hundred. */
const MAX_INSTRUCTIONS = 10_000

/** Reads a pattern, whose syntax is that of Go's regular expressions. Throws `PolicyError` `INVALID_PATTERN`. */
export function parsePattern(text: string): Pattern {
  if (text.length > MAX_LENGTH) throw invalid(text, `it has more than ${MAX_LENGTH} characters`)
  const compiled = compile(text)
  if (compiled.programSize() > MAX_INSTRUCTIONS) throw invalid(text, 'its repetitions make it too large')
  const names = compiled.namedGroups()
  const count = compiled.groupCount()

  return {
    text,
    matches: (input) => compiled.test(input),
    groupsOf(input) {
      const matcher = compiled.matcher(input)
      if (!matcher.find()) return undefined
      return Array.from({ length: count + 1 }, (_, index) => matcher.group(index) ?? '')
    },
    indexOf(group) {
      const index = /^[0-9]{1,4}$/.test(group) ? Number(group) : names[group]
      return index !== undefined && index <= count ? index : undefined
    },
  }
}

function compile(text: string): RE2JS {
  try {
    return RE2JS.compile(text)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw invalid(text, error.message.replace(/^error parsing regexp: /, ''), error)
  }
}

const MAX_QUOTED = 80

function invalid(text: string, reason: string, cause?: unknown): PolicyError {
  const shown = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
  return new PolicyError('INVALID_PATTERN', `Cannot parse pattern "${shown}": ${reason}`, { cause })
}

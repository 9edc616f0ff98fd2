import { tryParseHost } from './host.js'

/** What the keys of a map may be. */
export interface Names {
  /** What is wrong with a name; undefined where nothing is. */
  complaint(name: string): string | undefined
  /** For the JSON Schema, where a pattern says it. */
  readonly pattern?: string
}

/** Names that stand in a URL, a metric or a log as they are. */
export const entryNames = namesLike(
  '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
  'a name of up to 63 letters, digits, ".", "_" and "-" that starts with a letter or digit',
)

/** The same with slashes, as policies are often named by team. A marker must be able to name them. */
export const policyNames = namesLike(
  '^(?!(?:ignore|hold)$)[A-Za-z0-9][A-Za-z0-9._/-]{0,252}$',
  'a name of up to 253 letters, digits, ".", "_", "/" and "-" that starts with a letter or digit',
  'not a name: a marker reads "ignore" and "hold" as something else',
)

export const hostNames: Names = {
  complaint(name) {
    if (tryParseHost(name) !== undefined) return undefined
    return 'not a registry host: expected one such as "ghcr.io" or "registry.example.com:5000"'
  },
}

const RESERVED = new Set(['ignore', 'hold'])

function namesLike(pattern: string, expectation: string, reserved?: string): Names {
  const grammar = new RegExp(pattern)
  return {
    pattern,
    complaint(name) {
      if (grammar.test(name)) return undefined
      return RESERVED.has(name) && reserved !== undefined ? reserved : `not a name: expected ${expectation}`
    },
  }
}

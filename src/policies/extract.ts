import { PolicyError } from './errors.js'
import type { Pattern } from './pattern.js'

/** What the groups of a match make. */
export type Extract = (groups: readonly string[]) => string

/** Of the text, so that not even one made of groups alone makes much of a tag. */
const MAX_LENGTH = 256

/** `$$`, `$1`, `$name`, `${1}`, `${name}`, a `$` that begins none of them, or what stands between. */
const PART = /\$(?:(\$)|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})|(\$)|([^$]+)/g

/**
 * Reads a template such as `$major.${minor}`, whose names are groups of the pattern: those of Go's `Regexp.Expand`, with
 * `$0` for the whole match. A name is as long as possible, so `$1x` is the group `1x`; what that leaves empty in Go is refused
 * here, and so is a `$` that begins no name. Throws `PolicyError` `INVALID_EXTRACT`.
 */
export function parseExtract(text: string, pattern: Pattern): Extract {
  if (text === '') throw invalid(text, 'it is empty')
  if (text.length > MAX_LENGTH) throw invalid(text, `it has more than ${MAX_LENGTH} characters`)
  const parts = [...text.matchAll(PART)].map(([, dollar, name, inBraces, stray, literal]): string | number => {
    if (stray !== undefined) throw invalid(text, `"$" begins neither "$NAME" nor "\${NAME}", and "$$" stands for "$"`)
    return literal ?? dollar ?? indexOf(name ?? inBraces ?? '', name !== undefined)
  })
  return (groups) => parts.map((part) => (typeof part === 'string' ? part : (groups[part] ?? ''))).join('')

  function indexOf(name: string, bare: boolean): number {
    const index = pattern.indexOf(name)
    if (index !== undefined) return index
    const start = bare ? startOf(name, pattern) : undefined
    const meant = start === undefined ? '' : `, write "\${${start}}" where a text follows`
    throw invalid(text, `the pattern has no group "${name}"${meant}`)
  }
}

/** The longest start of a name that is a group: what was probably meant by `$1x`. */
function startOf(name: string, pattern: Pattern): string | undefined {
  for (let end = name.length - 1; end > 0; end--) {
    if (pattern.indexOf(name.slice(0, end)) !== undefined) return name.slice(0, end)
  }
  return undefined
}

function invalid(text: string, reason: string): PolicyError {
  return new PolicyError('INVALID_EXTRACT', `Cannot parse template "${text.slice(0, MAX_LENGTH)}": ${reason}`)
}

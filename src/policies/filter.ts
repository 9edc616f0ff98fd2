import type { Tag } from '../image/tag.js'
import { parseExtract } from './extract.js'
import { parsePattern } from './pattern.js'

/** Which tags a policy looks at, and what it compares of them: patterns of `parsePattern`, a template of `parseExtract`. */
export interface TagFilter {
  /** Default: every tag. */
  readonly include?: string
  /** Rules out what `include` lets in. */
  readonly exclude?: readonly string[]
  /** What of a match of `include` is compared. Default: the whole tag. */
  readonly extract?: string
}

export interface Filter {
  /** What is compared of a tag, even of one that is refused; undefined where it has no such part. */
  textOf(tag: Tag): string | undefined
  /** Why a tag is not looked at. */
  refusalOf(tag: Tag): string | undefined
}

/** Lets every tag in. */
export const NO_FILTER: Filter = { textOf: (tag) => tag, refusalOf: () => undefined }

/** Compares whole tags, whatever there is to extract of them. */
export function withoutExtract(filter: Filter): Filter {
  return { textOf: NO_FILTER.textOf, refusalOf: filter.refusalOf }
}

/**
 * Patterns match anywhere in a tag unless they have `^` and `$`.
 * Throws `PolicyError` `INVALID_PATTERN` or `INVALID_EXTRACT` when built.
 */
export function createFilter({ include: text, exclude = [], extract: template }: TagFilter): Filter {
  const include = parsePattern(text ?? '')
  const excluded = exclude.map(parsePattern)
  const extract = template === undefined ? undefined : parseExtract(template, include)

  return {
    textOf(tag) {
      if (extract === undefined) return tag
      const groups = include.groupsOf(tag)
      return groups && extract(groups)
    },
    refusalOf(tag) {
      if (!include.matches(tag)) return `does not match "${include.text}"`
      const exclusion = excluded.find(({ matches }) => matches(tag))
      return exclusion && `matches the exclusion "${exclusion.text}"`
    },
  }
}

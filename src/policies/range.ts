import { type Comparator, tryParseComparator } from './comparator.js'
import { PolicyError } from './errors.js'
import type { Version } from './version.js'

/** Which versions a policy allows. */
export interface Range {
  /** As it was written, without the space around it. */
  readonly text: string
  includes(version: Version): boolean
  /** The text of the group that would include this prerelease, if only it allowed prereleases. */
  groupWithoutPrereleases(version: Version): string | undefined
}

/** Comparators that must all hold. */
interface Group {
  readonly text: string
  readonly comparators: readonly Comparator[]
  readonly allowsPrereleases: boolean
}

/** Of the text. As a comparator takes two characters or more, it bounds their number too. */
const MAX_LENGTH = 1_024

const SPACE = /[\t\n\f\r ]+/
const SPACE_BEHIND_OPERATOR = /(?<=[=!<>~^])[\t\n\f\r ]+(?![=!<>~^])/g

/**
 * Reads a range in the dialect of Masterminds/semver v3, which Flux, Argo CD Image Updater, Kargo and Helm speak:
 * `^1.2`, `~1.2.3`, `1.x`, `1.2 - 2`, `>=1.0.0 <2.0.0`; comparators joined by space or comma, groups of them by `||`.
 *
 * A group includes prereleases only where one of its comparators names one, and then every one that lies within.
 * Throws `PolicyError` `INVALID_RANGE`.
 */
export function parseRange(text: string): Range {
  if (text.length > MAX_LENGTH) throw invalid(text, `it has more than ${MAX_LENGTH} characters`)
  const groups = text.split('||').map((group) => parseGroup(group, text))

  return {
    text: text.trim(),
    includes(version) {
      return groups.some((group) => (group.allowsPrereleases || version.prerelease === '') && allHold(group, version))
    },
    groupWithoutPrereleases(version) {
      if (version.prerelease === '') return undefined
      return groups.find((group) => !group.allowsPrereleases && allHold(group, version))?.text
    },
  }
}

function allHold(group: Group, version: Version): boolean {
  return group.comparators.every((comparator) => comparator.holds(version))
}

function parseGroup(text: string, range: string): Group {
  const comparators = text.split(',').flatMap((clause) => parseClause(clause, range))
  return {
    text: text.trim(),
    comparators,
    allowsPrereleases: comparators.some(({ namesPrerelease }) => namesPrerelease),
  }
}

function parseClause(text: string, range: string): Comparator[] {
  const words = text.replace(SPACE_BEHIND_OPERATOR, '').split(SPACE).filter(Boolean)
  if (words.length === 0) throw invalid(range, 'a comparator such as ">=1.0.0" is missing')
  return spellOutHyphens(words).map((word) => {
    const comparator = tryParseComparator(word)
    if (comparator === undefined) throw invalid(range, `"${word}" is not a comparator`)
    return comparator
  })
}

/** `1.2 - 2` means `>=1.2 <=2`. */
function spellOutHyphens(words: readonly string[]): string[] {
  const spelled: string[] = []
  for (let i = 0; i < words.length; i++) {
    const [word = '', hyphen, last = ''] = words.slice(i, i + 3)
    if (hyphen !== '-') {
      spelled.push(word)
    } else {
      spelled.push(`>=${word}`, `<=${last}`)
      i += 2
    }
  }
  return spelled
}

function invalid(range: string, why: string): PolicyError {
  return new PolicyError('INVALID_RANGE', `Cannot parse range "${range.slice(0, MAX_LENGTH)}": ${why}`)
}

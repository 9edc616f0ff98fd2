import { compareNumbers, compareVersions, tryParseVersion, type Version } from './version.js'

/** One condition of a range, such as `>=1.2.0` or `^1.2`. */
export interface Comparator {
  /** True where its own version is a prerelease. */
  readonly namesPrerelease: boolean
  holds(version: Version): boolean
}

/** The version behind an operator. Numbers that it does not name are 0. */
interface Bound extends Version {
  /** How many numbers it names: 3 in `1.2.3`, 1 in `1` and `1.x`, 0 in `*`. */
  readonly named: number
}

const COMPARATOR = /^([=!<>~^]*)v?([0-9]+|[xX*])(?:\.([0-9]+|[xX*]))?(?:\.([0-9]+|[xX*]))?([-+].*)?$/

const OPERATORS: ReadonlyMap<string, (version: Version, bound: Bound) => boolean> = new Map([
  ['', isAmong],
  ['=', isAmong],
  ['!=', isNotAmong],
  ['>', isAbove],
  ['<', isBelow],
  ['>=', isFrom],
  ['=>', isFrom],
  ['<=', isUpTo],
  ['=<', isUpTo],
  ['~', isAboutPatch],
  ['~>', isAboutPatch],
  ['^', isCompatible],
])

/** Reads an operator and a version, of which the last numbers may be missing or `x`, `X` or `*`. */
export function tryParseComparator(text: string): Comparator | undefined {
  const match = COMPARATOR.exec(text)
  if (match === null) return undefined
  const [, operator = '', major = '', minor = 'x', patch = 'x', suffix = ''] = match
  const bound = tryParseBound([major, minor, patch], suffix)
  const compare = OPERATORS.get(operator)
  if (bound === undefined || compare === undefined) return undefined
  return { namesPrerelease: bound.prerelease !== '', holds: (version) => compare(version, bound) }
}

function tryParseBound(numbers: readonly string[], suffix: string): Bound | undefined {
  const wildcard = numbers.findIndex((number) => /[xX*]/.test(number))
  const named = wildcard === -1 ? numbers.length : wildcard
  const version = tryParseVersion(numbers.map((number, index) => (index < named ? number : '0')).join('.') + suffix)
  return version && { ...version, named }
}

function isAmong(version: Version, bound: Bound): boolean {
  return compareNamed(version, bound) === 0 && isFrom(version, bound)
}

// `!=1` excludes every prerelease of 1 too, but `!=1.2` only those that it names: so the dialect has it.
function isNotAmong(version: Version, bound: Bound): boolean {
  const samePrerelease = bound.named < 2 || version.prerelease === bound.prerelease
  return !(samePrerelease && compareNumbers(version, bound, bound.named) === 0)
}

function isAbove(version: Version, bound: Bound): boolean {
  return compareNamed(version, bound) > 0
}

function isBelow(version: Version, bound: Bound): boolean {
  return compareVersions(version, bound) < 0
}

function isFrom(version: Version, bound: Bound): boolean {
  return compareVersions(version, bound) >= 0
}

function isUpTo(version: Version, bound: Bound): boolean {
  return compareNamed(version, bound) <= 0
}

function isAboutPatch(version: Version, bound: Bound): boolean {
  return isFrom(version, bound) && compareNumbers(version, bound, fixedByTilde(bound)) === 0
}

function isCompatible(version: Version, bound: Bound): boolean {
  return isFrom(version, bound) && compareNumbers(version, bound, fixedByCaret(bound)) === 0
}

/** Compares what the bound names: `1.2.9` and `1.2` are equal, and `1.3.0` is above. */
function compareNamed(version: Version, bound: Bound): number {
  return bound.named === 3 ? compareVersions(version, bound) : compareNumbers(version, bound, bound.named)
}

// `~0.0.0` fixes nothing: it means `>=0.0.0` in this dialect.
function fixedByTilde({ named, major, minor, patch }: Bound): number {
  const zero = named === 3 && major === 0 && minor === 0 && patch === 0
  return zero ? 0 : Math.min(named, 2)
}

// A caret fixes the first number that is not 0, or the last one named.
function fixedByCaret({ named, major, minor }: Bound): number {
  if (major !== 0) return 1
  return minor !== 0 ? 2 : named
}

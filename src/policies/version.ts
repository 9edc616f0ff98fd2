import semver from 'semver'

/** A semantic version as far as precedence goes: metadata is read past. */
export interface Version extends Numbers<Numeral> {
  /** Dotted identifiers, such as `rc.1`; empty for a release. */
  readonly prerelease: string
}

interface Numbers<N> {
  readonly major: N
  readonly minor: N
  readonly patch: N
}

/** An exact whole number: a bigint only where a number would round. The two compare exactly with each other. */
type Numeral = number | bigint

const MAX_LENGTH = 256
const MAX_NUMERAL = 2n ** 64n - 1n

const ZERO = 48
const NINE = 57
const DOT = 46

const IDENTIFIER = '(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
const PRERELEASE = `-(${IDENTIFIER}(?:\\.${IDENTIFIER})*)`
const METADATA = '\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const SUFFIX = new RegExp(`^(?:${PRERELEASE})?(?:${METADATA})?$`)
const DIGITS = /^[0-9]+$/

/**
 * Reads three dotted numbers with an optional `v` before and a prerelease and metadata behind, as semver.org §2–10 has
 * them, except that zeros may stand before a number: they do in calendar versions such as `2025.02.03`.
 * Numbers end at 2^64-1, as in the versions of Flux and Argo CD Image Updater, and not at the `semver` package's 2^53-1.
 */
export function tryParseVersion(text: string): Version | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const start = text.startsWith('v') ? 1 : 0
  const read = readNumbers(text, start)
  if (read === undefined) return undefined
  const prerelease = read.end === text.length ? '' : readPrerelease(text.slice(read.end))
  if (prerelease === undefined) return undefined
  if (isExact(read)) return { major: read.major, minor: read.minor, patch: read.patch, prerelease }
  const exact = readExactNumbers(text.slice(start, read.end))
  return exact && { ...exact, prerelease }
}

/** Precedence after semver.org §11: negative where `a` is lower, positive where it is higher, 0 for the same version. */
export function compareVersions(a: Version, b: Version): number {
  return compareNumbers(a, b, 3) || comparePrereleases(a.prerelease, b.prerelease)
}

/** Compares the first `count` of major, minor and patch. */
export function compareNumbers(a: Numbers<Numeral>, b: Numbers<Numeral>, count: number): number {
  if (count > 0 && a.major !== b.major) return a.major < b.major ? -1 : 1
  if (count > 1 && a.minor !== b.minor) return a.minor < b.minor ? -1 : 1
  if (count > 2 && a.patch !== b.patch) return a.patch < b.patch ? -1 : 1
  return 0
}

// Digit by digit, without a string for each number: every tag of every list passes here, and most are then left behind.
function readNumbers(text: string, start: number): (Numbers<number> & { readonly end: number }) | undefined {
  let [major, minor, patch] = [0, 0, 0]
  let dots = 0
  let end = start
  for (let numberStart = start; ; end++) {
    const code = text.charCodeAt(end)
    if (code >= ZERO && code <= NINE) {
      patch = patch * 10 + (code - ZERO)
    } else if (end === numberStart) {
      return undefined
    } else if (code !== DOT || dots === 2) {
      return dots === 2 ? { major, minor, patch, end } : undefined
    } else {
      ;[major, minor, patch] = [minor, patch, 0]
      dots++
      numberStart = end + 1
    }
  }
}

function isExact({ major, minor, patch }: Numbers<number>): boolean {
  return Math.max(major, minor, patch) <= Number.MAX_SAFE_INTEGER
}

function readExactNumbers(text: string): Numbers<Numeral> | undefined {
  const [major = 0n, minor = 0n, patch = 0n] = text.split('.').map(BigInt)
  if (major > MAX_NUMERAL || minor > MAX_NUMERAL || patch > MAX_NUMERAL) return undefined
  return { major: shortest(major), minor: shortest(minor), patch: shortest(patch) }
}

function readPrerelease(suffix: string): string | undefined {
  const match = SUFFIX.exec(suffix)
  return match === null ? undefined : (match[1] ?? '')
}

// One number has one form, so that `===` holds for equal ones.
function shortest(exact: bigint): Numeral {
  return exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact
}

function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? 1 : -1
  const [left, right] = [a.split('.'), b.split('.')]
  const differs = left.findIndex((identifier, index) => identifier !== right[index])
  const [mine, other] = [left[differs], right[differs]]
  if (mine === undefined || other === undefined) return left.length - right.length
  return compareIdentifiers(mine, other)
}

// The package compares two numeric identifiers as doubles, which makes neighbouring 17-digit timestamps equal.
function compareIdentifiers(a: string, b: string): number {
  if (DIGITS.test(a) && DIGITS.test(b)) return a.length - b.length || (a < b ? -1 : Number(a > b))
  return semver.compareIdentifiers(a, b)
}

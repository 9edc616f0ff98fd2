import type { Filter } from './filter.js'
import { compareDigits, compareTexts, withoutZeros } from './natural.js'
import type { Direction, Policy } from './policy.js'
import { rankedPolicy } from './ranked.js'

/**
 * Selects the greatest number, or the least one where the direction is `descending`.
 *
 * Numbers are decimals of any length, and compared exactly: `1.10` is `1.1`, and no digit is lost to rounding. What else
 * may mean a number, such as `1e5`, `0x1f`, `1_000` or `inf`, is none.
 */
export function numericalPolicy(direction: Direction, filter?: Filter): Policy {
  const ascending = direction === 'ascending'

  return rankedPolicy<Decimal>(
    {
      read: tryParseDecimal,
      compare: ascending ? compareDecimals : (a, b) => compareDecimals(b, a),
      admits: () => true,
      refusal: () => 'not a number: digits are needed, with at most one dot',
      reasons: ascending
        ? { best: 'greatest number', same: 'same number as', other: 'less than' }
        : { best: 'least number', same: 'same number as', other: 'greater than' },
    },
    filter,
  )
}

/** Zero has neither digits nor a sign. */
interface Decimal {
  readonly negative: boolean
  /** Without leading zeros. */
  readonly whole: string
  /** Without trailing zeros. */
  readonly fraction: string
}

const DECIMAL = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/

function tryParseDecimal(text: string): Decimal | undefined {
  const [match, sign = '', digits = '', decimals = ''] = DECIMAL.exec(text) ?? []
  if (match === undefined || digits + decimals === '') return undefined
  const whole = withoutZeros(digits)
  const fraction = withoutTrailingZeros(decimals)
  return { negative: sign === '-' && whole + fraction !== '', whole, fraction }
}

function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1
  return a.negative ? compareMagnitudes(b, a) : compareMagnitudes(a, b)
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  return compareDigits(a.whole, b.whole) || compareTexts(a.fraction, b.fraction)
}

// A pattern such as /0+$/ would look at each run of zeros again from each of its zeros.
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

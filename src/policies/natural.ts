const RUN = /[0-9]+|[^0-9]+/g

/**
 * Orders texts as people number builds: a run of digits is a number of any length, so `b9` comes before `b10`, and the rest
 * goes by code points. Only the same text is the same: where nothing but leading zeros differs, the code points decide.
 */
export function compareNaturally(a: string, b: string): number {
  if (a === b) return 0
  const left = a.match(RUN) ?? []
  const right = b.match(RUN) ?? []
  for (const [index, run] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    const order = compareRuns(run, other)
    if (order !== 0) return order
  }
  return left.length < right.length ? -1 : compareTexts(a, b)
}

/** By UTF-16 code units, which is by code points in all that a tag can have. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** Digits without leading zeros, and of any length. */
export function compareDigits(a: string, b: string): number {
  return a.length - b.length || compareTexts(a, b)
}

function compareRuns(a: string, b: string): number {
  return isDigit(a) && isDigit(b) ? compareDigits(withoutZeros(a), withoutZeros(b)) : compareTexts(a, b)
}

function isDigit([first = '']: string): boolean {
  return first >= '0' && first <= '9'
}

export function withoutZeros(digits: string): string {
  return digits.startsWith('0') ? digits.replace(/^0+/, '') : digits
}

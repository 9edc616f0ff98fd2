import { compareDigits, compareNaturally, withoutZeros } from './natural.js'

/** A tag as far as its form goes: `v1.27.3-alpine3.20` has three numbers and a suffix. */
export interface Shape {
  /** As it was written. */
  readonly text: string
  readonly hasPrefix: boolean
  /** One number or more, each as it was written: `04`. */
  readonly numbers: readonly string[]
  /** All behind the numbers, empty for none. */
  readonly suffix: string
}

const SHAPE = /^(v?)([0-9]+(?:\.[0-9]+)*)(.*)$/s

/** Abbreviated or not. One of digits alone is rather a date or a count. */
const COMMIT = /^(?![0-9]+$)[0-9a-f]{7,40}$/

/** Versions count to less; dates (`20261120`), seconds and the abbreviated hashes that have digits alone are as long. */
const DIGITS_OF_STAMPS = 7

/** Reads numbers with dots between and an optional `v` before; a commit's hash has no shape. */
export function tryParseShape(text: string): Shape | undefined {
  const match = COMMIT.test(text) ? null : SHAPE.exec(text)
  if (match === null) return undefined
  const [, prefix = '', numbers = '', suffix = ''] = match
  return { text, hasPrefix: prefix !== '', numbers: numbers.split('.'), suffix }
}

/** By the numbers, exactly and whatever their length, then naturally by the suffix. A number that is not there is 0. */
export function compareShapes(a: Shape, b: Shape): number {
  const count = Math.max(a.numbers.length, b.numbers.length)
  for (let i = 0; i < count; i++) {
    const order = compareDigits(valueAt(a, i), valueAt(b, i))
    if (order !== 0) return order
  }
  return compareNaturally(a.suffix, b.suffix)
}

/** Whether the first `count` numbers, or all where there are fewer, are the same. */
export function sharesNumbers(a: Shape, b: Shape, count: number): boolean {
  return a.numbers.slice(0, count).every((_, i) => valueAt(a, i) === valueAt(b, i))
}

/**
 * Whether two shapes with as many numbers count the same way, so that the greater one is the newer one. A zero before a
 * number shows that it has a fixed length, as those of dates have, and then those before it have one too: `20.04.1` does
 * not follow `5.2.3`. Nor does a date or another stamp follow a version: `20261120` is not the next of `3`.
 */
export function countsLike(a: Shape, b: Shape): boolean {
  const fixed = a.numbers.findLastIndex((number, i) => hasZero(number) || hasZero(b.numbers[i]))
  return a.numbers.every((number, i) => {
    const other = b.numbers[i] ?? ''
    if (i <= fixed && number.length !== other.length) return false
    return isStamp(number) === isStamp(other)
  })
}

function valueAt({ numbers }: Shape, index: number): string {
  return withoutZeros(numbers[index] ?? '')
}

function hasZero(number = ''): boolean {
  return number.length > 1 && number.startsWith('0')
}

function isStamp(number: string): boolean {
  return number.length >= DIGITS_OF_STAMPS
}

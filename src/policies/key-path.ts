import { PolicyError } from './errors.js'

/** The steps from a YAML document to a value in it. */
export type KeyPath = readonly Step[]

export type Step =
  /** One of digits is an item's number, too, where it meets a list. */
  | { readonly type: 'key'; readonly key: string }
  /** Counted from 0. */
  | { readonly type: 'item'; readonly index: number }
  /** Every key of a map and every item of a list. */
  | { readonly type: 'any' }

/**
 * Reads a path such as `spec.values.image.tag`, `images[0].newTag` or `containers[*].image`.
 *
 * Dots separate keys. `[N]` is an item of a list, and so is `.N`, which is also the key `N` of a map. `*` and `[*]` are every
 * key or item. A backslash before `.`, `[`, `]`, `*`, `:`, `-` or itself makes it a character of the key: `a.b\.c`. Kargo's
 * `.:N` is `.N`.
 *
 * Throws `PolicyError` `INVALID_PATH`, whose message never repeats the text.
 */
export function parseKeyPath(text: string): KeyPath {
  if (text.length > LONGEST_PATH) throw invalid(`it has more than ${LONGEST_PATH} characters`)
  const steps: Step[] = []
  let at = 0
  do {
    const isItem = text[at] === '['
    if (steps.length > 0 && !isItem) {
      if (text[at] !== '.') throw unexpected('"." or "["', text, at)
      at++
    }
    const { step, length } = isItem ? itemAt(text, at) : keyAt(text, at)
    steps.push(step)
    at += length
  } while (at < text.length)
  return steps
}

/** No schema nests so deeply that its paths come near. */
const LONGEST_PATH = 1_000

interface Read {
  readonly step: Step
  readonly length: number
}

const ITEM = /\[(?:(\d{1,9})|\*)\]/y

function itemAt(text: string, at: number): Read {
  const found = matchAt(ITEM, text, at)
  if (found === undefined) {
    if (text[at + 1] === '-') throw negative(at + 2)
    throw invalid(`expected a number or "*" in brackets at character ${at + 2}, for a key with dots is written a\\.b`)
  }
  const [{ length }, index] = found
  return { step: index === undefined ? { type: 'any' } : { type: 'item', index: Number(index) }, length }
}

const KEY = /(?:[^.[\]*\\]|\\[.[\]*:\\-])+|\*/y

function keyAt(text: string, at: number): Read {
  const word = matchAt(KEY, text, at)?.[0]
  if (word === undefined) throw unexpected('a key', text, at)
  if (/^-\d+$/.test(word)) throw negative(at + 1)
  const key = word.replace(/^:(?=\d+$)/, '').replace(/\\(.)/g, '$1')
  return { step: word === '*' ? { type: 'any' } : { type: 'key', key }, length: word.length }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function unexpected(expectation: string, text: string, at: number): PolicyError {
  const expected = text[at] === '\\' ? 'one of .[]*:-\\ behind the backslash' : expectation
  return invalid(`expected ${expected} at character ${at + 1}`)
}

function negative(character: number): PolicyError {
  return invalid(`items are counted from 0, and none is negative, at character ${character}`)
}

function invalid(reason: string): PolicyError {
  return new PolicyError('INVALID_PATH', `Cannot read the path: ${reason}`)
}

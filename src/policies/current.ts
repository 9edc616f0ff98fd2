import type { Tag } from '../image/tag.js'
import { type Filter, NO_FILTER, withoutExtract } from './filter.js'
import { givenPolicy } from './given.js'
import type { Policy } from './policy.js'
import { rankedPolicy } from './ranked.js'
import { compareShapes, countsLike, type Shape, sharesNumbers, tryParseShape } from './shape.js'

const LEVELS = ['major', 'minor', 'patch'] as const

/** Up to which number a version stays as it is. */
export type Level = (typeof LEVELS)[number]

/**
 * Selects the highest tag that is formed like the one in Git: as many numbers, and the same text behind them. So
 * `1.27-alpine` stays with two numbers and with `-alpine`; a `v` before them may come or go. What the filter extracts
 * is what is compared, of the tag in Git too.
 */
export function likePolicy(filter?: Filter): Policy {
  return currentPolicy(filter, (current) => ({
    best: `highest version like ${current.text}`,
    refusalOf: ({ suffix }) => (suffix === current.suffix ? undefined : `has another suffix than ${current.text}`),
  }))
}

/**
 * As `likePolicy`, and the numbers up to the level stay too. Numbers in the text behind them may change: `-alpine3.19`
 * becomes `-alpine3.20`, and `-r1` becomes `-r2`.
 */
export function samePolicy(level: Level, filter?: Filter): Policy {
  const count = LEVELS.indexOf(level) + 1

  return currentPolicy(filter, (current) => ({
    best: `highest version like ${current.text} within ${current.numbers.slice(0, count).join('.')}`,
    refusalOf: (shape) => {
      const moved = LEVELS.slice(0, count).find((_, i) => !sharesNumbers(shape, current, i + 1))
      if (moved !== undefined) return `has another ${moved} number than ${current.text}`
      if (formOf(shape.suffix) !== formOf(current.suffix)) return `has another suffix than ${current.text}`
      return undefined
    },
  }))
}

interface Rule {
  /** Said of the tag that is selected. */
  readonly best: string
  /** Why a tag with as many numbers as the one in Git is not admitted. */
  refusalOf(shape: Shape): string | undefined
}

function currentPolicy(filter: Filter = NO_FILTER, ruleFor: (current: Shape) => Rule): Policy {
  const shapeOf = (tag: Tag) => {
    const text = filter.textOf(tag)
    return text === undefined ? undefined : tryParseShape(text)
  }

  return {
    ...givenPolicy('current', ({ current }) => {
      if (current === undefined) return nothingPolicy('what stands in Git is not known', filter)
      const shape = shapeOf(current)
      if (shape !== undefined) return shapedPolicy(shape, ruleFor(shape), filter)
      return nothingPolicy(`what stands in Git, ${current}, has no version to compare with`, filter)
    }),

    compare(a, b) {
      const left = shapeOf(a)
      const right = shapeOf(b)
      return left === undefined || right === undefined ? undefined : compareShapes(left, right)
    },
  }
}

function shapedPolicy(current: Shape, { best, refusalOf }: Rule, filter: Filter): Policy {
  const refusal = (shape: Shape): string | undefined => {
    const [count, needed] = [shape.numbers.length, current.numbers.length]
    if (count !== needed) return `has ${count} ${count === 1 ? 'number' : 'numbers'}, and ${current.text} has ${needed}`
    return refusalOf(shape) ?? (countsLike(shape, current) ? undefined : `counts in another way than ${current.text}`)
  }

  return rankedPolicy<Shape>(
    {
      read: tryParseShape,
      compare: compareShapes,
      admits: (shape) => refusal(shape) === undefined,
      refusal: (_, shape) => (shape && refusal(shape)) ?? 'has no version to compare',
      prefers: {
        compare: (a, b) => Number(a.hasPrefix === current.hasPrefix) - Number(b.hasPrefix === current.hasPrefix),
        reason: current.hasPrefix ? 'which has a "v" too' : 'which has no "v" either',
      },
      reasons: { best, same: 'same version as', other: 'lower than' },
    },
    filter,
  )
}

function nothingPolicy(reason: string, filter: Filter): Policy {
  return rankedPolicy<never>(
    {
      read: () => undefined,
      compare: () => 0,
      admits: () => false,
      refusal: () => reason,
      reasons: { best: '', same: '', other: '' },
    },
    withoutExtract(filter),
  )
}

/** With one digit for each number: `-alpine0.0` of `-alpine3.20`. */
function formOf(suffix: string): string {
  return suffix.replaceAll(/[0-9]+/g, '0')
}

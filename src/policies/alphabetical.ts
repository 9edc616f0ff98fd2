import type { Filter } from './filter.js'
import { compareTexts } from './natural.js'
import type { Direction, Policy } from './policy.js'
import { rankedPolicy } from './ranked.js'

/** Selects the last tag in the order of code points, or the first one where the direction is `descending`. */
export function alphabeticalPolicy(direction: Direction, filter?: Filter): Policy {
  const ascending = direction === 'ascending'

  return rankedPolicy<string>(
    {
      read: (text) => (text === '' ? undefined : text),
      compare: ascending ? compareTexts : (a, b) => compareTexts(b, a),
      admits: () => true,
      refusal: () => 'nothing to compare',
      reasons: ascending
        ? { best: 'last in alphabetical order', same: 'same text as', other: 'sorts before' }
        : { best: 'first in alphabetical order', same: 'same text as', other: 'sorts behind' },
    },
    filter,
  )
}

import { type Filter, NO_FILTER, withoutExtract } from './filter.js'
import { givenPolicy } from './given.js'
import type { Policy } from './policy.js'
import { rankedPolicy } from './ranked.js'
import { formatInstant } from './time-text.js'

/** Selects the tag whose image was created last. What the filter extracts of a tag means nothing here. */
export function newestPolicy(filter: Filter = NO_FILTER): Policy {
  const wholeTags = withoutExtract(filter)

  return givenPolicy('creation', ({ createdAt }) =>
    rankedPolicy<number>(
      {
        read: (tag) => createdAt?.get(tag) ?? undefined,
        compare: (a, b) => a - b,
        admits: () => true,
        refusal: (tag) =>
          createdAt?.get(tag) === null ? 'does not say when it was created' : 'has not been asked when it was created',
        detail: (instant) => `created ${formatInstant(instant)}`,
        reasons: { best: 'the newest', same: 'as old as', other: 'older than' },
      },
      wholeTags,
    ),
  )
}

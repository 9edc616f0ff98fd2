import { isTag, type Tag } from '../image/tag.js'
import { PolicyError } from './errors.js'
import { type Filter, NO_FILTER, withoutExtract } from './filter.js'
import type { Policy } from './policy.js'
import { rankedPolicy } from './ranked.js'

/** As many as a tag may have. */
const MAX_QUOTED = 128

/**
 * Follows one mutable tag, such as `latest`: what changes is its digest.
 * Throws `PolicyError` `INVALID_TAG` when built.
 */
export function digestPolicy(followed: Tag, filter: Filter = NO_FILTER): Policy {
  if (!isTag(followed)) throw invalid(followed)

  return rankedPolicy<Tag>(
    {
      read: (tag) => (tag === followed ? tag : undefined),
      compare: () => 0,
      admits: () => true,
      refusal: () => `another tag than ${followed}`,
      reasons: { best: 'the tag to follow', same: 'the same as', other: 'another than' },
    },
    withoutExtract(filter),
  )
}

function invalid(text: string): PolicyError {
  return new PolicyError('INVALID_TAG', `Cannot follow "${text.slice(0, MAX_QUOTED)}": it is not a tag`)
}

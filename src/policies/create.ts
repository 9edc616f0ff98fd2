import type { Tag } from '../image/tag.js'
import { alphabeticalPolicy } from './alphabetical.js'
import { type Level, likePolicy, samePolicy } from './current.js'
import { digestPolicy } from './digest.js'
import { createFilter, type TagFilter } from './filter.js'
import { newestPolicy } from './newest.js'
import { numericalPolicy } from './numerical.js'
import type { Direction, Policy } from './policy.js'
import { semverPolicy } from './semver.js'

/** What selects the tag: one kind of policy with its text. */
export type Select =
  | { readonly semver: string }
  | { readonly numerical: Direction }
  | { readonly alphabetical: Direction }
  | { readonly newest: 'created' }
  | { readonly digest: Tag }
  | { readonly same: Level }
  | { readonly like: 'current' }

/** Throws `PolicyError` where a text is wrong. */
export function createPolicy(select: Select, tags?: TagFilter): Policy {
  const filter = tags && createFilter(tags)
  if ('semver' in select) return semverPolicy(select.semver, filter)
  if ('numerical' in select) return numericalPolicy(select.numerical, filter)
  if ('alphabetical' in select) return alphabeticalPolicy(select.alphabetical, filter)
  if ('newest' in select) return newestPolicy(filter)
  if ('digest' in select) return digestPolicy(select.digest, filter)
  if ('same' in select) return samePolicy(select.same, filter)
  return likePolicy(filter)
}

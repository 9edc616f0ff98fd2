import { alphabeticalPolicy } from './alphabetical.js'
import { createFilter, type TagFilter } from './filter.js'
import { numericalPolicy } from './numerical.js'
import type { Direction, Policy } from './policy.js'
import { semverPolicy } from './semver.js'

/** What selects the tag: one kind of policy with its text. */
export type Select =
  | { readonly semver: string }
  | { readonly numerical: Direction }
  | { readonly alphabetical: Direction }

/** Throws `PolicyError` where a text is wrong. */
export function createPolicy(select: Select, tags?: TagFilter): Policy {
  const filter = tags && createFilter(tags)
  if ('semver' in select) return semverPolicy(select.semver, filter)
  if ('numerical' in select) return numericalPolicy(select.numerical, filter)
  return alphabeticalPolicy(select.alphabetical, filter)
}

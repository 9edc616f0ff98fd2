import type { Repository } from '../image/repository.js'
import type { Tag } from '../image/tag.js'

/** One branch that Tidemark writes to, and the policies that write there. */
export interface UpdateTarget {
  /** The name of the Git repository in the policy file. */
  readonly git: string
  readonly branch: string
  readonly author: { readonly name: string; readonly email: string }
  readonly policies: readonly WritingPolicy[]
  /** Names of policies that exist but do not write here: a marker may name them. */
  readonly otherPolicies: ReadonlySet<string>
}

/** What an update needs to know of a policy. */
export interface WritingPolicy {
  readonly name: string
  /** The repository as the policy file spells it. */
  readonly image: string
  readonly repository: Repository
  /** The rule as text: a selection made by another rule is out of date. */
  readonly rule: string
  /** Whether the policy writes to this file, by its path from the root. */
  readonly writesTo: (path: string) => boolean
  readonly downgrade: 'never' | 'allow'
  /** Positive where `a` ranks above `b`; undefined where one of them cannot be ranked. */
  readonly compare: (a: Tag, b: Tag) => number | undefined
}

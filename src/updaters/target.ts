import type { Repository } from '../image/repository.js'
import type { Policy } from '../policies/policy.js'
import type { WriteWindow } from '../policies/window.js'
import type { BranchNaming } from './branch-name.js'
import type { Person } from './git/repository.js'
import type { FileScope } from './scope-index.js'

/** One branch that Tidemark writes to, and the policies that write there. */
export interface UpdateTarget {
  /** The name of the Git repository in the policy file. */
  readonly git: string
  readonly branch: string
  readonly author: Person
  /** Absent: the author. */
  readonly committer?: Person | undefined
  /** Absent: to the branch itself. */
  readonly push?: PushTarget
  readonly policies: readonly WritingPolicy[]
  /** Names of policies that exist but do not write here: a marker may name them. */
  readonly otherPolicies: ReadonlySet<string>
}

/** How commits are pushed. */
export interface PushTarget {
  /** What the server's hooks are told. */
  readonly options: readonly string[]
  /** Names the branch that an update goes to. Nobody else commits upon it, but where it is the branch that is read. */
  readonly branchFor?: ((update: BranchNaming) => string) | undefined
}

/** What an update needs to know of a policy. */
export interface WritingPolicy {
  readonly name: string
  /** The repository as the policy file spells it. */
  readonly image: string
  readonly repository: Repository
  /** The rule as text: a selection made by another rule is out of date. */
  readonly rule: string
  readonly policy: Pick<Policy, 'needs' | 'compare'>
  /** Whether the policy writes to this file, by its path from the root. */
  readonly writesTo: (path: string) => boolean
  /** Whether it looks for its image in this file. Absent: in all that it writes to. */
  readonly discoversIn?: (path: string) => boolean
  /** Where it goes by paths, whatever image stands there. */
  readonly pathScopes?: readonly PathScope[]
  /** Whether a digest is written where none stands, and whether one is written again when the tag was moved. */
  readonly digest: 'none' | 'pin' | 'refresh'
  readonly downgrade: 'never' | 'allow'
  /** When it writes. Absent: at any time. */
  readonly window?: WriteWindow | undefined
  /** Whether what stands at its places is told to those who select by it. */
  readonly tellsStanding: boolean
}

/** What paths of YAML documents are followed in some files, as the policy file spells them. */
export interface PathScope extends FileScope {
  readonly paths: readonly string[]
}

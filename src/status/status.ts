/**
 * What people are shown of a running service: the status page and the API say the same. Plain data, safe to be shown: no
 * credential is in it, and texts of other people are in one line. Instants are milliseconds since the Unix epoch.
 */
export interface Status {
  overview(): Promise<Overview>
  /** Undefined where no policy has the name. Its tags are asked of the registry, within the registry's budget, at most once in a while. */
  policy(name: string, signal: AbortSignal): Promise<PolicyStatus | undefined>
  /** Calls back, at most once a second, after something of it may have changed. Returns what ends that. */
  onChange(listener: () => void): () => void
}

export interface Overview {
  readonly version: string
  readonly now: number
  /** How many policies are in each state. */
  readonly counts: Readonly<Record<PolicyState, number>>
  /** In the order of their names. */
  readonly policies: readonly PolicySummary[]
  readonly registries: readonly RegistryStatus[]
  readonly branches: readonly BranchStatus[]
  readonly queues: readonly QueueStatus[]
  /** What is allowed and probably not meant in the policy file, and why a newer file is not in force. */
  readonly warnings: readonly string[]
}

/**
 * The worst of what holds at any of a policy's places: `failing` something is wrong, `held` somebody must do something,
 * `pending` it waits or is about to be written, `current` all is as it should be, `watched` it writes nowhere, `unknown` it has not been
 * looked at yet.
 */
export const POLICY_STATES = ['failing', 'held', 'pending', 'current', 'watched', 'unknown'] as const
export type PolicyState = (typeof POLICY_STATES)[number]

export interface PolicySummary {
  readonly name: string
  readonly image: string
  readonly state: PolicyState
  /** Why, in words. */
  readonly reason: string
  /** What stands in Git, distinct. */
  readonly current: readonly string[]
  /** The tags that are selected; several only where they go by what stands in Git. */
  readonly selected: readonly string[]
  readonly places: number
  readonly lastLook?: { readonly at: number; readonly outcome: string; readonly reason?: string }
  readonly lastCommit?: CommitStatus
}

export interface PolicyStatus extends PolicySummary {
  /** The best first. Absent where the registry could not be asked; `tagsError` says why then. */
  readonly tags?: readonly TagStatus[]
  readonly tagsError?: string
  /** How many more there are. */
  readonly tagsLeftOut?: number
  readonly placesFound: readonly PlaceStatus[]
  readonly history: readonly CommitStatus[]
  /** Set by people while the service runs. */
  readonly holds: readonly HoldStatus[]
}

export interface TagStatus {
  readonly tag: string
  readonly verdict: 'selected' | 'eligible' | 'rejected'
  readonly reason: string
  readonly digest?: string
  readonly seenSince?: number
  readonly createdAt?: number
}

export interface PlaceStatus {
  readonly git: string
  readonly branch: string
  readonly file: string
  readonly line: number
  readonly current: string
  readonly desired: string | null
  readonly state: 'current' | 'pending' | 'held' | 'failing'
  readonly reason: string
  readonly until?: number
}

export interface CommitStatus {
  readonly git: string
  readonly branch: string
  readonly oid: string
  /** Where a browser shows it, on a forge that is known. */
  readonly url?: string
  readonly at: number
  readonly subject: string
  readonly changes: readonly {
    readonly policy: string
    readonly file: string
    readonly line: number
    readonly from: string
    readonly to: string
  }[]
}

export interface HoldStatus {
  /** Absent: every tag. */
  readonly tag?: string | undefined
  readonly reason: string
  readonly at: number
  readonly until?: number | undefined
}

export interface RegistryStatus {
  readonly host: string
  readonly repositories: number
  /** How many of them failed when they were looked at last. */
  readonly failing: number
  readonly lastError?: { readonly at: number; readonly reason: string }
  /** Nothing is asked before. */
  readonly restUntil?: number
  /** Pulls that it still allows, as it said last. */
  readonly remaining?: number
}

export interface BranchStatus {
  readonly git: string
  readonly branch: string
  readonly lastLookAt?: number
  readonly lastPush?: CommitStatus
  /** Of pushes that lost a race, since the service started. */
  readonly retries: number
  readonly failure?: { readonly at: number; readonly reason: string }
}

export interface QueueStatus {
  readonly name: string
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly failed: number
}

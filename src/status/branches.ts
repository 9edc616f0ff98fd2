import { groupBy } from '../group-by.js'
import { branchKey, type PlacedPolicy, type PlaceReport, type PushReport, type Shown } from '../jobs/shown.js'
import { commitLink } from './forge-links.js'
import type { BranchStatus, CommitStatus, PlaceStatus } from './status.js'

/** A Git branch that is written to. */
export interface Branch {
  readonly git: string
  readonly branch: string
  /** Of the Git repository. It may have a user name in it, which is not shown. */
  readonly url: string
}

/** What was noted of a branch. */
export interface ReadBranch {
  readonly key: string
  readonly status: BranchStatus
  /** By policy. Absent where the branch has not been looked at for it. */
  readonly placed: ReadonlyMap<string, PlacedPolicy>
  placesOf(policy: string): readonly PlaceStatus[]
  /** The newest first. */
  historyOf(policy: string): readonly CommitStatus[]
}

export async function branchesIn(
  shown: Pick<Shown, 'branches' | 'places'>,
  branches: readonly Branch[],
): Promise<readonly ReadBranch[]> {
  const keys = branches.map(branchKey)
  const [small, large] = await Promise.all([shown.branches.getAll(keys), shown.places.getAll(keys)])
  return branches.map((branch) => {
    const key = branchKey(branch)
    const { lookedAt, failure, retries = 0 } = small.get(key) ?? {}
    const { policies = [], places = [], pushes = [] } = large.get(key) ?? {}
    const commits = pushes.map((push) => commitStatus(push, branch))
    const [lastPush] = commits
    const commitsOf = byPolicy(commits)
    return {
      key,
      status: {
        git: branch.git,
        branch: branch.branch,
        ...(lookedAt !== undefined && { lastLookAt: lookedAt }),
        ...(lastPush && { lastPush }),
        retries,
        ...(failure && { failure }),
      },
      placed: new Map(policies.map((placed) => [placed.policy, placed])),
      placesOf: (policy) =>
        places.filter((place) => place.policy === policy).map((place) => placeStatus(place, branch)),
      historyOf: (policy) => commitsOf().get(policy) ?? [],
    }
  })
}

/** Made once, and only where it is asked for. */
function byPolicy(commits: readonly CommitStatus[]): () => ReadonlyMap<string, readonly CommitStatus[]> {
  let found: ReadonlyMap<string, readonly CommitStatus[]> | undefined
  return () => {
    const pairs = commits.flatMap((commit) =>
      [...new Set(commit.changes.map(({ policy }) => policy))].map((policy) => ({ policy, commit })),
    )
    found ??= new Map(
      [...groupBy(pairs, ({ policy }) => policy)].map(([policy, own]) => [
        policy,
        own.map(({ commit }) => ofPolicy(commit, policy)),
      ]),
    )
    return found
  }
}

/** A policy is shown what became of it, and not the thousand others of the same commit. */
function ofPolicy(commit: CommitStatus, policy: string): CommitStatus {
  return { ...commit, changes: commit.changes.filter((change) => change.policy === policy) }
}

function commitStatus({ branch, oid, at, subject, changes }: PushReport, { git, url }: Branch): CommitStatus {
  const link = commitLink(url, oid)
  return { git, branch, oid, ...(link !== undefined && { url: link }), at, subject, changes }
}

function placeStatus(place: PlaceReport, { git, branch }: Branch): PlaceStatus {
  const { file, line, current, desired = null, state, reason, until } = place
  return { git, branch, file, line, current, desired, state, reason, ...(until !== undefined && { until }) }
}

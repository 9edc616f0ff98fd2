import { groupBy } from '../../group-by.js'
import { repositoryKey, tryParseRepository } from '../../image/repository.js'
import type { History, Oid, PastCommit } from '../git/repository.js'
import { type ReleaseTrailer, releaseTrailers, type UpdateTrailer, updateTrailers } from '../trailers.js'
import { type MentionOf, mentionsIn } from './mentions.js'

/** The history of a branch, and what its messages say of updates. */
export interface Past {
  /** Every commit before its parents. */
  readonly commits: readonly PastCommit[]
  /** Those of updates by the canonical name of the repository, the newest first. */
  readonly updates: ReadonlyMap<string, readonly UpdateCommit[]>
  /** The newest first. */
  readonly releases: readonly ReleaseCommit[]
  /** What says that it reverts others, the newest first. */
  readonly reverts: readonly RevertCommit[]
  find(oid: Oid | undefined): PastCommit | undefined
  /** Whether the first commit stands before the second, which is newer then or knows nothing of it. */
  isBefore(one: PastCommit, other: PastCommit): boolean
  /** A commit and all that came of it. */
  descendantsOf(commit: PastCommit): ReadonlySet<Oid>
}

export interface UpdateCommit {
  readonly commit: PastCommit
  /** Those of one repository. */
  readonly updates: readonly UpdateTrailer[]
  readonly mentionOf: MentionOf
}

export interface ReleaseCommit {
  readonly commit: PastCommit
  readonly releases: readonly ReleaseTrailer[]
}

export interface RevertCommit {
  readonly commit: PastCommit
  /** What it reverts. */
  readonly of: readonly Oid[]
}

export function pastOf({ commits }: Pick<History, 'commits'>): Past {
  const order = new Map(commits.map(({ oid }, index) => [oid, index]))
  const orderOf = ({ oid }: PastCommit) => order.get(oid) ?? commits.length
  const updates = new Map<string, UpdateCommit[]>()
  const releases: ReleaseCommit[] = []
  const reverts: RevertCommit[] = []
  const descendants = new Map<Oid, ReadonlySet<Oid>>()
  for (const commit of commits) {
    const mentionOf = mentionsIn(commit.message)
    for (const [repository, found] of updatesByRepository(commit)) {
      const others = updates.get(repository) ?? []
      others.push({ commit, updates: found, mentionOf })
      updates.set(repository, others)
    }
    const released = releaseTrailers(commit.message)
    if (released.length > 0) releases.push({ commit, releases: released })
    const of = revertedBy(commit.message)
    if (of.length > 0) reverts.push({ commit, of })
  }

  return {
    commits,
    updates,
    releases,
    reverts,
    find(oid) {
      const index = oid === undefined ? undefined : order.get(oid)
      return index === undefined ? undefined : commits[index]
    },
    isBefore: (one, other) => orderOf(one) < orderOf(other),
    descendantsOf(commit) {
      const found = descendants.get(commit.oid) ?? descendantsIn(commits.slice(0, orderOf(commit)), commit)
      descendants.set(commit.oid, found)
      return found
    },
  }
}

/** Source: git-revert(1), which ends its message so. */
function revertedBy(message: string): readonly Oid[] {
  return [...message.matchAll(/This reverts commit ([0-9a-f]{40})\b/g)].flatMap(([, oid]) => oid ?? [])
}

function updatesByRepository({ message }: PastCommit): ReadonlyMap<string, readonly UpdateTrailer[]> {
  const keyed = updateTrailers(message).flatMap((update) => {
    const repository = tryParseRepository(update.image)
    return repository === undefined ? [] : [{ key: repositoryKey(repository), update }]
  })
  const groups = groupBy(keyed, ({ key }) => key)
  return new Map([...groups].map(([key, group]) => [key, group.map(({ update }) => update)]))
}

function descendantsIn(newer: readonly PastCommit[], commit: PastCommit): ReadonlySet<Oid> {
  const found = new Set([commit.oid])
  for (const { oid, parents } of newer.toReversed()) if (parents.some((parent) => found.has(parent))) found.add(oid)
  return found
}

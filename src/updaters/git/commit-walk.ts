import type { Oid, PastCommit } from './repository.js'
import { paced } from './turns.js'

export interface CommitWalk {
  /**
   * Those that are not older than asked for, or came of one that is not: each before its parents, and else the newest first, as
   * `git log --date-order`.
   */
  readonly commits: readonly PastCommit[]
  /** Those of them with a parent that is not here, and where the walk starts if it is not here itself. */
  readonly gaps: readonly Oid[]
  /** True where there are more than may be. */
  readonly isCut: boolean
  /** All that was looked at, some older ones among them. */
  readonly visited: ReadonlyMap<Oid, PastCommit>
}

export interface CommitWalkOptions {
  /** Seconds since the Unix epoch. */
  readonly since: number
  /** Undefined where it is not here. */
  readonly read: (oid: Oid) => Promise<PastCommit | undefined>
  readonly maxCommits: number
}

/** Follows the parents of a commit, the newest first, as far as they are here. */
export async function walkCommits(start: Oid, { since, read, maxCommits }: CommitWalkOptions): Promise<CommitWalk> {
  const visited = new Map<Oid, PastCommit>()
  const seen = new Set<Oid>()
  const missing = new Set<Oid>()
  const queue = newestFirst()
  const pace = paced()
  let older = 0

  async function see(oid: Oid): Promise<void> {
    if (seen.has(oid)) return
    seen.add(oid)
    const commit = await read(oid)
    if (commit === undefined) missing.add(oid)
    else queue.put(commit)
    await pace(0)
  }

  await see(start)
  while (visited.size < maxCommits) {
    const commit = queue.take()
    if (commit === undefined) break
    older = commit.time < since ? older + 1 : 0
    if (older > MAX_OLDER) break
    visited.set(commit.oid, commit)
    for (const parent of commit.parents) await see(parent)
  }

  const ordered = inDateOrder([...visited.values()])
  const commits = sinceThen(ordered, since)
  // Those that are all too old may be so by a wrong clock, and what they came from is not.
  const isTold = commits.length > 0 || ordered.length > MAX_WRONG
  const ends = (isTold ? commits : ordered).filter(({ parents }) => parents.some((oid) => missing.has(oid)))
  const gaps = ends.map(({ oid }) => oid)
  if (missing.has(start)) gaps.push(start)
  return { commits, gaps, isCut: visited.size >= maxCommits && queue.take() !== undefined, visited }
}

/** Of those that were looked at, where others follow that were not. */
export function endsOf(visited: ReadonlyMap<Oid, PastCommit>): readonly Oid[] {
  return [...visited.values()].filter(({ parents }) => parents.some((oid) => !visited.has(oid))).map(({ oid }) => oid)
}

/** So many commits at the end of a branch are looked behind if they are too old. */
const MAX_WRONG = 8

/** Those made since then, and those that came of them by a clock that was wrong. */
function sinceThen(ordered: readonly PastCommit[], since: number): readonly PastCommit[] {
  const found = new Set<Oid>()
  for (const { oid, time, parents } of ordered.toReversed())
    if (time >= since || parents.some((parent) => found.has(parent))) found.add(oid)
  return ordered.filter(({ oid }) => found.has(oid))
}

/** A wrong clock makes a commit too old, whose parents are not. Behind so many in a row, none is looked for. */
const MAX_OLDER = 256

function inDateOrder(commits: readonly PastCommit[]): PastCommit[] {
  const byOid = new Map(commits.map((commit) => [commit.oid, commit]))
  const children = new Map<Oid, number>()
  for (const { parents } of commits) for (const oid of parents) children.set(oid, (children.get(oid) ?? 0) + 1)
  const queue = newestFirst()
  for (const commit of commits) if (!children.has(commit.oid)) queue.put(commit)
  const ordered: PastCommit[] = []
  for (let commit = queue.take(); commit !== undefined; commit = queue.take()) {
    ordered.push(commit)
    for (const oid of commit.parents) {
      const left = (children.get(oid) ?? 0) - 1
      children.set(oid, left)
      const parent = byOid.get(oid)
      if (left === 0 && parent !== undefined) queue.put(parent)
    }
  }
  return ordered
}

/** Gives the newest of what was put; of equals, what was put first. */
function newestFirst() {
  const waiting: PastCommit[] = []
  return {
    put(commit: PastCommit): void {
      let low = 0
      let high = waiting.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((waiting[middle]?.time ?? 0) < commit.time) low = middle + 1
        else high = middle
      }
      waiting.splice(low, 0, commit)
    },
    take: (): PastCommit | undefined => waiting.pop(),
  }
}

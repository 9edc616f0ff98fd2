import { type CommitWalk, endsOf, walkCommits } from './commit-walk.js'
import { GitError } from './errors.js'
import { type HistoryRecord, historyRecords } from './history-records.js'
import type { ObjectSource } from './object-source.js'
import { parseCommit } from './objects.js'
import type { History, Oid, PastCommit } from './repository.js'
import { inTurn } from './turns.js'

/** How an engine gets and keeps the commits of a history. */
export interface CommitSource {
  /** A commit's bytes. Undefined where it is not here. */
  read(oid: Oid): Promise<Buffer | undefined>
  /** Gets so many generations of commits, but for those that are here. Throws `TOO_LARGE` where they are more than it takes. */
  fetch(order: CommitOrder, signal: AbortSignal): Promise<void>
  /** How many generations are asked for; each time more, until they go back far enough. */
  readonly depths: readonly number[]
  /** Why no more than the last are asked for. */
  readonly why: string
}

export interface CommitOrder {
  readonly branch: string
  readonly tip: Oid
  readonly depth: number
  /** A commit that is here. */
  readonly have: Oid
  /** Where ends what is here of its history. */
  readonly ends: readonly Oid[]
}

/** Of a server that sends the files of each commit. The bytes are those of one answer. */
export const WITH_FILES = { depths: [10, 100], why: 'server would send the files of each', maxBytes: 64 * 1024 ** 2 }

/** Of one history. */
export const MAX_COMMITS = 20_000

/**
 * The history of branches: what is here is read, what is missing is fetched, and where no more can be had is remembered in the
 * folder. Generations are asked for and not dates, because a wrong clock would hide whatever is behind its commit.
 */
export function branchHistory(folder: string, source: CommitSource): ObjectSource['history'] {
  const records = historyRecords(folder)
  const turns = inTurn()
  /** What the last history had, for as long as the memory is not needed. */
  let parsed: WeakRef<ReadonlyMap<Oid, PastCommit>> | undefined

  async function walk(start: Oid, since: number, signal: AbortSignal): Promise<CommitWalk> {
    const known = parsed?.deref()
    const read = async (oid: Oid) => {
      signal.throwIfAborted()
      const found = known?.get(oid)
      if (found !== undefined) return found
      const bytes = await source.read(oid)
      return bytes && { oid, ...parseCommit(bytes) }
    }
    const walked = await walkCommits(start, { since, read, maxCommits: MAX_COMMITS })
    parsed = new WeakRef(walked.visited)
    return walked
  }

  /** Fetches until the history goes back far enough, or no more can be had. */
  async function deepened(branch: string, tip: Oid, since: number, signal: AbortSignal): Promise<HistoryRecord> {
    for (const depth of source.depths) {
      const have = await fetchedBefore(branch, tip)
      const ends = endsOf((await walk(have, since, signal)).visited)
      const isTooLarge = await source.fetch({ branch, tip, depth, have, ends }, signal).then(() => false, orTooLarge)
      const { gaps } = await walk(tip, since, signal)
      if (gaps.length === 0) return { tip, ends: [], why: '' }
      if (isTooLarge) return { tip, ends: gaps, why: 'more are too large' }
      if (depth === source.depths.at(-1)) return { tip, ends: gaps, why: source.why }
    }
    throw new GitError('UNSUPPORTED', 'no history can be had')
  }

  /** A commit whose history is here as far as it was fetched: the branch's, or else that of another branch. */
  async function fetchedBefore(branch: string, tip: Oid): Promise<Oid> {
    const all = await records.all()
    const oid = (all.get(branch) ?? [...all.values()].at(-1))?.tip
    return oid !== undefined && (await source.read(oid)) !== undefined ? oid : tip
  }

  return ({ branch, commit: tip }, { since: sinceMs, signal }) =>
    turns(async () => {
      const since = sinceMs / 1000
      const known = (await records.all()).get(branch)
      const walked = await walk(tip, since, signal)
      if (walked.gaps.every((oid) => known?.ends.includes(oid))) return historyOf(walked, known?.why)
      const record = await deepened(branch, tip, since, signal)
      await records.remember(branch, record)
      return historyOf(await walk(tip, since, signal), record.why)
    })
}

function historyOf({ commits, gaps, isCut }: CommitWalk, why = ''): History {
  const newest = `only the newest ${commits.length === 1 ? 'commit' : `${commits.length} commits`}`
  if (isCut || (gaps.length > 0 && commits.length >= MAX_COMMITS)) return { commits, shortened: newest }
  return gaps.length === 0 ? { commits } : { commits, shortened: `${newest}: ${why}` }
}

function orTooLarge(thrown: unknown): true {
  if (thrown instanceof GitError && thrown.code === 'TOO_LARGE') return true
  throw thrown
}

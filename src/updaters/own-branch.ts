import { GitError } from './git/errors.js'
import { objectId } from './git/objects.js'
import type { GitRepository, Oid, PastCommit } from './git/repository.js'
import type { FileEdit } from './plan.js'
import { isMadeFor } from './trailers.js'

/** How a branch upon which nobody but Tidemark commits stands to what is wanted there. */
export type OwnBranch =
  | { readonly state: 'absent' }
  /** Its commit changes what is wanted and nothing else, wherever the branch that it began at is by now. */
  | { readonly state: 'ready' }
  | { readonly state: 'outdated'; readonly commit: Oid }
  /** Its last commit is somebody else's, or ours for another branch. */
  | { readonly state: 'foreign'; readonly commit: PastCommit }

export interface Wanted {
  readonly branch: string
  /** The commit that ours is made upon. */
  readonly base: Oid
  readonly files: readonly FileEdit[]
  /** The e-mail address of our commits. */
  readonly committer: string
}

/** Looks at a branch of our own. Throws `GitError`. */
export async function lookAtOwnBranch(
  repository: GitRepository,
  { branch, base, files, committer }: Wanted,
  signal: AbortSignal,
): Promise<OwnBranch> {
  const tip = await tipOf(repository, branch, signal)
  if (tip === undefined) return { state: 'absent' }
  // Somebody has put it back to where it began: nothing upon it would be lost.
  if (tip === base) return { state: 'outdated', commit: tip }
  const commit = await repository.readCommit(tip, { signal })
  // A commit of ours on another branch may have got there together with those of others.
  const isOurs = commit.committer.email === committer && isMadeFor(branch, commit.message)
  if (!isOurs) return { state: 'foreign', commit }
  const changed = await changesBy(repository, commit, files.length, signal)
  return changed !== undefined && isSame(changed, files) ? { state: 'ready' } : { state: 'outdated', commit: tip }
}

async function tipOf(repository: GitRepository, branch: string, signal: AbortSignal): Promise<Oid | undefined> {
  try {
    return (await repository.head(branch, { signal, levels: 1 })).commit
  } catch (error) {
    if (error instanceof GitError && error.code === 'BRANCH_NOT_FOUND') return undefined
    throw error
  }
}

/** What stood at a path, and what stands there now. */
type Changed = Map<string, { readonly before: Oid | undefined; readonly after: Oid | undefined }>

/** Our commits change as many files as they have to: more need not be looked at, nor what a forged one is made of. */
const MOST_TREES = 10_000

/** Undefined where it changes more than `most` files, or is no change upon one commit that can be read. */
async function changesBy(
  repository: GitRepository,
  { tree, parents }: PastCommit,
  most: number,
  signal: AbortSignal,
): Promise<Changed | undefined> {
  const [parent] = parents
  if (parent === undefined || parents.length > 1) return undefined
  const changed: Changed = new Map()
  let trees = 0

  async function compare(before: Oid, after: Oid, folder: string): Promise<void> {
    if (before === after || changed.size > most || ++trees > MOST_TREES) return
    const [old, now] = await Promise.all([
      repository.readTree(before, { signal }),
      repository.readTree(after, { signal }),
    ])
    const left = new Map(old.map((entry) => [entry.name, entry]))
    for (const entry of now) {
      const was = left.get(entry.name)
      left.delete(entry.name)
      if (was?.oid === entry.oid && was.type === entry.type) continue
      const path = folder + entry.name
      if (was?.type === 'tree' && entry.type === 'tree') await compare(was.oid, entry.oid, `${path}/`)
      else changed.set(path, { before: was?.oid, after: entry.oid })
    }
    for (const { name, oid } of left.values()) changed.set(folder + name, { before: oid, after: undefined })
  }

  try {
    const base = await repository.readCommit(parent, { signal })
    await compare(base.tree, tree, '')
  } catch (error) {
    // A server that gives no older commits, and a state folder that has lost them: the branch is made anew.
    if (signal.aborted || !(error instanceof GitError) || !GONE.has(error.code)) throw error
    return undefined
  }
  return trees > MOST_TREES ? undefined : changed
}

const GONE: ReadonlySet<string> = new Set(['STATE', 'UNSUPPORTED', 'REJECTED'])

function isSame(changed: Changed, files: readonly FileEdit[]): boolean {
  return changed.size === files.length && files.every((file) => isChangedSo(changed.get(file.path), file))
}

function isChangedSo(change: ReturnType<Changed['get']>, { before, after }: FileEdit): boolean {
  return change?.before === blobId(before) && change.after === blobId(after)
}

function blobId(bytes: Uint8Array): Oid {
  return objectId({ type: 'blob', bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) })
}

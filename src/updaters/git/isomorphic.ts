import { resolve } from 'node:path'
import type { Clock } from '../../lifecycle/clock.js'
import { untilAborted } from '../../lifecycle/until-aborted.js'
import { changeFiles } from './change.js'
import { GitError } from './errors.js'
import { type GitObject, objectId, parseTree, renderCommit } from './objects.js'
import { type GitOperation, timedBy } from './operations.js'
import { inspectPack, writePack } from './pack.js'
import { pushChange } from './push.js'
import { remoteReferences, requireBranchName } from './references.js'
import type { Blob, Commit, GitRepository, Oid } from './repository.js'
import { branchSnapshots } from './snapshots.js'
import { openStore } from './store.js'
import type { Transport } from './transports/transport.js'
import { treeCache } from './tree-cache.js'
import { inTurn } from './turns.js'

export interface IsomorphicOptions {
  /** Belongs to this repository alone; several processes may share it. Made where it is missing. */
  readonly folder: string
  readonly transport: Transport
  readonly clock: Clock
  readonly onOperation?: ((operation: GitOperation) => void) | undefined
  /** From so many packs or bytes on, nothing is added and the next fetch starts with an empty folder: repacking would cost more. */
  readonly maxPacks?: number
  readonly maxBytes?: number
}

/**
 * A repository read and written by means of isomorphic-git, without work tree and history: the newest commit of a branch with
 * all of its files, then what is new. Its `clone`, `checkout` and `push` are not used, whose cost grows with the repository.
 */
export function isomorphicRepository(options: IsomorphicOptions): GitRepository {
  const { transport, clock, onOperation, maxPacks = 100, maxBytes = 1024 ** 3 } = options
  const store = openStore(resolve(options.folder))
  const references = remoteReferences(transport)
  const timed = timedBy(clock, onOperation)
  const snapshots = branchSnapshots({ store, references, transport, timed, maxPacks, maxBytes })
  const trees = treeCache(200_000)
  const unsent = new Map<Oid, readonly GitObject[]>()
  const turns = inTurn()

  async function deliver(commit: Commit, signal: AbortSignal): Promise<void> {
    const { branch, commit: from } = commit.base
    const objects = unsent.get(commit.oid)
    if (objects === undefined) throw new GitError('STATE', 'its objects are not kept', { retryable: true })
    requireBranchName(branch)
    const pack = writePack(objects)
    try {
      await pushChange(transport, { branch, from, to: commit.oid, pack }, signal)
    } catch (thrown) {
      if (signal.aborted || !(await landed(commit, thrown, signal))) throw thrown
    }
    unsent.delete(commit.oid)
    await turns(() => keep(branch, commit.oid, pack))
  }

  /**
   * What became of a push that failed. The answer may have been lost, or be about an earlier attempt whose answer was lost; and
   * whatever words refuse a commit upon one that is no longer the newest, somebody was faster.
   */
  async function landed({ base, oid }: Commit, thrown: unknown, signal: AbortSignal): Promise<boolean> {
    const tip = await references.tip(base.branch, signal).catch(() => undefined)
    if (tip === oid) return true
    if (tip === undefined || tip === base.commit || !(thrown instanceof GitError) || thrown.code === 'STALE')
      return false
    throw new GitError('STALE', `branch has moved: ${thrown.message}`, { retryable: true, cause: thrown })
  }

  async function keep(branch: string, oid: Oid, pack: Buffer): Promise<void> {
    try {
      // A full folder is emptied by the next fetch, which this one makes necessary.
      if (await snapshots.isFull()) return
      await store.keep(pack, await inspectPack(pack))
      await store.rememberTip(branch, oid)
    } catch {
      // The push is done; what could not be kept is fetched by the next look.
    }
  }

  return {
    head(branch, { signal }) {
      const turn = turns(() => (signal.aborted ? Promise.reject(signal.reason) : snapshots.look(branch, signal)))
      return saying(`Cannot fetch "${branch}" of "${transport.name}"`, signal, turn)
    },

    async readTree(oid) {
      const known = trees.get(oid)
      if (known !== undefined) return known
      const entries = saying(`Cannot read "${transport.name}"`, undefined, snapshots.read(oid, 'tree').then(parseTree))
      trees.set(oid, await entries)
      return entries
    },

    async *readBlobs(oids, { signal }): AsyncGenerator<Blob> {
      for (const oid of new Set(oids)) {
        signal.throwIfAborted()
        const bytes = await saying(`Cannot read "${transport.name}"`, signal, snapshots.read(oid, 'blob'))
        yield { oid, bytes }
      }
    },

    async commit(base, changes, details) {
      const changing = changeFiles(base.tree, changes, (oid) => snapshots.read(oid, 'tree'))
      const { tree, objects } = await saying(
        `Cannot commit to "${base.branch}" of "${transport.name}"`,
        undefined,
        changing,
      )
      const commit = renderCommit(tree, base.commit, details)
      const oid = objectId(commit)
      remember(unsent, oid, [commit, ...objects.values()])
      return { oid, base, objects: [oid, ...objects.keys()] }
    },

    push(commit, { signal }) {
      const delivery = timed('push', signal, () => deliver(commit, signal))
      return saying(`Cannot push to "${commit.base.branch}" of "${transport.name}"`, signal, delivery)
    },
  }
}

/** Commits that are kept until they are pushed. Those that never are, such as a plan's, make room for later ones. */
const MAX_UNSENT = 16

function remember(unsent: Map<Oid, readonly GitObject[]>, oid: Oid, objects: readonly GitObject[]): void {
  unsent.delete(oid)
  unsent.set(oid, objects)
  const [oldest] = unsent.keys()
  if (unsent.size > MAX_UNSENT && oldest !== undefined) unsent.delete(oldest)
}

/** Puts the action before the state, and rejects as soon as the signal aborts although the work may take its time to stop. */
async function saying<T>(action: string, signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  try {
    return await (signal === undefined ? work : untilAborted(signal, work))
  } catch (thrown) {
    if (signal?.aborted) throw signal.reason
    if (!(thrown instanceof GitError)) throw thrown
    throw new GitError(thrown.code, `${action}: ${thrown.message}`, { cause: thrown, retryable: thrown.retryable })
  }
}

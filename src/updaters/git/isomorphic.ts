import { resolve } from 'node:path'
import type { Clock } from '../../lifecycle/clock.js'
import { changeFiles } from './change.js'
import { GitError } from './errors.js'
import { fetchClient } from './fetch-client.js'
import { type GitObject, objectId, parseCommitTree, parseTree, renderCommit } from './objects.js'
import { inspectPack, writePack } from './pack.js'
import { pushChange } from './push.js'
import { remoteReferences, requireBranchName } from './references.js'
import type { Blob, Commit, GitRepository, Oid, Snapshot } from './repository.js'
import { openStore } from './store.js'
import type { Transport } from './transports/transport.js'
import { treeCache } from './tree-cache.js'

export interface IsomorphicOptions {
  /** Belongs to this repository alone; several processes may share it. Made where it is missing. */
  readonly folder: string
  readonly transport: Transport
  readonly clock: Clock
  readonly onOperation?: ((operation: GitOperation) => void) | undefined
  /** From so many packs or bytes on, the next fetch starts with an empty folder: nothing here is worth repacking. */
  readonly maxPacks?: number
  readonly maxBytes?: number
}

export interface GitOperation {
  readonly operation: 'ls-refs' | 'fetch' | 'push'
  /** `success`, `aborted`, or the code of the error. */
  readonly outcome: string
  readonly durationMs: number
}

/**
 * A repository read and written by means of isomorphic-git, without work tree and history: the newest commit of a branch with
 * all of its files, then what is new. Its `clone`, `checkout` and `push` are not used, whose cost grows with the repository.
 */
export function isomorphicRepository(options: IsomorphicOptions): GitRepository {
  const { transport, clock, onOperation, maxPacks = 100, maxBytes = 1024 ** 3 } = options
  const store = openStore(resolve(options.folder))
  const references = remoteReferences(transport)
  const trees = treeCache(200_000)
  const unsent = new Map<Oid, readonly GitObject[]>()
  const inTurn = queue()
  let suspect: Oid | undefined

  async function look(branch: string, signal: AbortSignal): Promise<Snapshot> {
    requireBranchName(branch)
    if (suspect !== undefined) await examine(suspect)
    const tip = await timed('ls-refs', signal, () => references.tip(branch, signal))
    const found = (await stored(branch, tip)) ?? (await timed('fetch', signal, () => fetched(branch, tip, signal)))
    await store.rememberTip(branch, tip)
    return found
  }

  /** Another process may have emptied the folder, which looking anew shows; what is still unreadable then is damage. */
  async function examine(oid: Oid): Promise<void> {
    store.refresh()
    const object = await store.read(oid).catch(() => undefined)
    if (object === undefined) await store.wipe()
    suspect = undefined
  }

  async function stored(branch: string, commit: Oid): Promise<Snapshot | undefined> {
    try {
      const object = await store.read(commit)
      if (object === undefined) return undefined
      const tree = parseCommitTree(object.bytes)
      await requireObject(tree, 'tree')
      return { branch, commit, tree }
    } catch {
      // Damaged. Everything can be fetched again.
      await store.wipe()
      suspect = undefined
      return undefined
    }
  }

  async function fetched(branch: string, tip: Oid, signal: AbortSignal): Promise<Snapshot> {
    const { packs, bytes } = await store.size()
    if (packs >= maxPacks || bytes >= maxBytes) await store.wipe()
    const have = await fetchedBefore(branch)
    try {
      await fetchTip(branch, tip, have, signal)
      const found = await stored(branch, tip)
      if (found !== undefined) return found
    } catch (thrown) {
      const damaged = have !== undefined && thrown instanceof GitError && thrown.code === 'STATE'
      if (!damaged) throw thrown
    }
    // What the fetch built upon is not all there.
    await store.wipe()
    await fetchTip(branch, tip, undefined, signal)
    const found = await stored(branch, tip)
    if (found !== undefined) return found
    throw new GitError('INVALID_ANSWER', `server did not send commit ${tip}`, { retryable: true })
  }

  async function fetchTip(branch: string, tip: Oid, have: Oid | undefined, signal: AbortSignal): Promise<void> {
    const capabilities = await references.fetchCapabilities(signal)
    const { http, facts } = fetchClient({ transport, branch, tip, thin: have !== undefined, capabilities, signal })
    await store.fetch({ branch, have, base: transport.base, http, facts })
  }

  /** A commit that a fetch can build upon: the branch's last, or else another branch's, with which it may share its files. */
  async function fetchedBefore(branch: string): Promise<Oid | undefined> {
    const tips = await store.tips()
    const oid = tips.get(branch) ?? [...tips.values()].at(-1)
    if (oid === undefined) return undefined
    const object = await store.read(oid).catch(() => undefined)
    return object && oid
  }

  async function requireObject(oid: Oid, type: GitObject['type']): Promise<Buffer> {
    const object = await store.read(oid).catch((error) => {
      suspect = oid
      throw error
    })
    if (object?.type === type) return object.bytes
    suspect = oid
    throw new GitError('STATE', `${type} ${oid} is not in the state folder`, { retryable: true })
  }

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
    await inTurn(() => keep(branch, commit.oid, pack))
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
      await store.keep(pack, await inspectPack(pack))
      await store.rememberTip(branch, oid)
    } catch {
      // The push is done; what could not be kept is fetched by the next look.
    }
  }

  async function timed<T>(
    operation: GitOperation['operation'],
    signal: AbortSignal,
    run: () => Promise<T>,
  ): Promise<T> {
    const start = clock.now()
    const report = (outcome: string) => onOperation?.({ operation, outcome, durationMs: clock.now() - start })
    try {
      const result = await run()
      report('success')
      return result
    } catch (thrown) {
      report(signal.aborted ? 'aborted' : thrown instanceof GitError ? thrown.code : 'UNKNOWN')
      throw thrown
    }
  }

  return {
    head(branch, { signal }) {
      const turn = inTurn(() => (signal.aborted ? Promise.reject(signal.reason) : look(branch, signal)))
      return saying(`Cannot fetch "${branch}" of "${transport.name}"`, signal, turn)
    },

    async readTree(oid) {
      const known = trees.get(oid)
      if (known !== undefined) return known
      const entries = saying(`Cannot read "${transport.name}"`, undefined, requireObject(oid, 'tree').then(parseTree))
      trees.set(oid, await entries)
      return entries
    },

    async *readBlobs(oids, { signal }): AsyncGenerator<Blob> {
      for (const oid of new Set(oids)) {
        signal.throwIfAborted()
        const bytes = await saying(`Cannot read "${transport.name}"`, signal, requireObject(oid, 'blob'))
        yield { oid, bytes }
      }
    },

    async commit(base, changes, details) {
      const changing = changeFiles(base.tree, changes, (oid) => requireObject(oid, 'tree'))
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
const maxUnsent = 16

function remember(unsent: Map<Oid, readonly GitObject[]>, oid: Oid, objects: readonly GitObject[]): void {
  unsent.delete(oid)
  unsent.set(oid, objects)
  const [oldest] = unsent.keys()
  if (unsent.size > maxUnsent && oldest !== undefined) unsent.delete(oldest)
}

/** Runs one after the other: a look may empty the folder that another is filling. */
function queue(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const turn = last.then(run)
    last = turn.catch(() => {})
    return turn
  }
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

function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

import { untilAborted } from '../../lifecycle/until-aborted.js'
import { changeFiles } from './change.js'
import { GitError } from './errors.js'
import type { ObjectSource } from './object-source.js'
import { objectId, parseTree, renderCommit } from './objects.js'
import type { Timed } from './operations.js'
import { type NewObject, writeThinPack } from './pack.js'
import { pushChange } from './push.js'
import { type References, requireBranchName } from './references.js'
import type { Commit, GitRepository, Oid } from './repository.js'
import { stateError } from './state-error.js'
import type { Transport } from './transports/transport.js'
import { inTurn, paced } from './turns.js'

export interface EngineOptions {
  readonly source: ObjectSource
  readonly references: References
  readonly transport: Transport
  readonly timed: Timed
}

/** A repository read and written by means of a source of objects, without work tree and history. */
export function gitRepository({ source, references, transport, timed }: EngineOptions): GitRepository {
  const unsent = new Map<Oid, readonly NewObject[]>()
  const turns = inTurn()
  const pace = paced()

  async function deliver(commit: Commit, signal: AbortSignal): Promise<void> {
    const { branch, commit: from } = commit.base
    const objects = unsent.get(commit.oid)
    if (objects === undefined) throw new GitError('STATE', 'its objects are not kept', { retryable: true })
    requireBranchName(branch)
    try {
      await pushChange(transport, { branch, from, to: commit.oid, pack: writeThinPack(objects) }, signal)
    } catch (thrown) {
      if (signal.aborted || !(await landed(commit, thrown, signal))) throw thrown
    }
    unsent.delete(commit.oid)
    // The push is done; what could not be kept is fetched by the next look.
    await turns(() => source.keep(branch, commit.oid, objects)).catch(() => {})
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

  return {
    head(branch, { signal }) {
      const look = async () => {
        signal.throwIfAborted()
        requireBranchName(branch)
        return source.look(branch, signal)
      }
      return saying(`Cannot fetch "${branch}" of "${transport.name}"`, signal, turns(look))
    },

    async readTree(oid, { signal }) {
      const bytes = await saying(`Cannot read "${transport.name}"`, signal, source.read(oid, 'tree', signal))
      // Thousands may be read one after the other, each of which is in memory already.
      await pace(bytes.length)
      return parseTree(bytes)
    },

    async *readBlobs(oids, { signal }) {
      signal.throwIfAborted()
      try {
        for await (const blobs of source.readBlobs(new Set(oids), signal))
          for (const blob of blobs) {
            yield blob
            signal.throwIfAborted()
          }
      } catch (thrown) {
        throw said(`Cannot read "${transport.name}"`, signal, thrown)
      }
    },

    history(snapshot, options) {
      const { branch } = snapshot
      const read = source.history(snapshot, options)
      return saying(`Cannot read the history of "${branch}" of "${transport.name}"`, options.signal, read)
    },

    async commit(base, changes, details) {
      const changing = changeFiles(base.tree, changes, (oid) => source.read(oid, 'tree', NEVER))
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

/** Every tree on the way to a changed file was read before. */
const NEVER = new AbortController().signal

/** Commits that are kept until they are pushed. Those that never are, such as a plan's, make room for later ones. */
const MAX_UNSENT = 16

function remember(unsent: Map<Oid, readonly NewObject[]>, oid: Oid, objects: readonly NewObject[]): void {
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
    throw said(action, signal, thrown)
  }
}

function said(action: string, signal: AbortSignal | undefined, thrown: unknown): unknown {
  if (signal?.aborted) return signal.reason
  const known = stateError(thrown)
  if (!(known instanceof GitError)) return known
  return new GitError(known.code, `${action}: ${known.message}`, { cause: known, retryable: known.retryable })
}

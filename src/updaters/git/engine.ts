import { untilAborted } from '../../lifecycle/until-aborted.js'
import { changeFiles } from './change.js'
import { GitError, type GitErrorCode } from './errors.js'
import type { ObjectSource } from './object-source.js'
import { type GitObject, objectId, parseCommit, parseTree, renderCommit, withSignature } from './objects.js'
import type { Timed } from './operations.js'
import { type NewObject, writeThinPack } from './pack.js'
import { NO_COMMIT, pushChange } from './push.js'
import { type References, requireBranchName } from './references.js'
import type { Commit, GitRepository, Oid, PushOptions, Sign } from './repository.js'
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

  async function deliver(commit: Commit, { signal, serverOptions, onto }: PushOptions): Promise<void> {
    const { branch, from } = destinationOf(commit, onto)
    const objects = unsent.get(commit.oid)
    if (objects === undefined) throw new GitError('STATE', 'its objects are not kept', { retryable: true })
    requireBranchName(branch)
    if (serverOptions !== undefined && serverOptions.length > 0) await requirePushOptions(signal)
    const change = { branch, from, to: commit.oid, forces: onto?.replaces !== undefined, serverOptions }
    try {
      await pushChange(transport, { ...change, pack: writeThinPack(objects) }, signal)
    } catch (thrown) {
      if (signal.aborted || !(await landed(change, thrown, signal))) throw thrown
    }
    unsent.delete(commit.oid)
    // The push is done; what could not be kept is fetched by the next look.
    await turns(() => source.keep(branch, commit.oid, objects)).catch(() => {})
  }

  async function requirePushOptions(signal: AbortSignal): Promise<void> {
    const capabilities = await references.pushCapabilities(signal)
    if (!capabilities.includes('push-options')) throw new GitError('UNSUPPORTED', 'server takes no push options')
  }

  /**
   * What became of a push that failed. The answer may have been lost, or be about an earlier attempt whose answer was lost; and
   * whatever words refuse a commit upon one that is no longer the newest, somebody was faster.
   */
  async function landed({ branch, from, to }: Moved, thrown: unknown, signal: AbortSignal): Promise<boolean> {
    if (!(thrown instanceof GitError) || !MAY_HAVE_MOVED.has(thrown.code)) return false
    const tip = await references.tip(branch, signal).catch(commitOfNone)
    if (tip === to) return true
    if (tip === undefined || tip === from || thrown.code === 'STALE') return false
    throw new GitError('STALE', `branch has moved: ${thrown.message}`, { retryable: true, cause: thrown })
  }

  return {
    head(branch, { signal, levels }) {
      const look = async () => {
        signal.throwIfAborted()
        requireBranchName(branch)
        return source.look(branch, signal, levels)
      }
      return saying(`Cannot fetch "${branch}" of "${transport.name}"`, signal, turns(look))
    },

    async readTree(oid, { signal, levels }) {
      const bytes = await saying(`Cannot read "${transport.name}"`, signal, source.read(oid, 'tree', signal, levels))
      // Thousands may be read one after the other, each of which is in memory already.
      await pace(bytes.length)
      return parseTree(bytes)
    },

    async readCommit(oid, { signal }) {
      const bytes = await saying(`Cannot read "${transport.name}"`, signal, source.read(oid, 'commit', signal))
      return { oid, ...parseCommit(bytes) }
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
      const make = async () => {
        const { tree, objects } = await changeFiles(base.tree, changes, (oid) => source.read(oid, 'tree', NEVER))
        return { commit: await signed(renderCommit(tree, base.commit, details), details.sign), objects }
      }
      const making = saying(`Cannot commit to "${base.branch}" of "${transport.name}"`, undefined, make())
      const { commit, objects } = await making
      const oid = objectId(commit)
      remember(unsent, oid, [commit, ...objects.values()])
      return { oid, base, objects: [oid, ...objects.keys()] }
    },

    push(commit, options) {
      const { signal } = options
      const { branch } = destinationOf(commit, options.onto)
      const delivery = timed('push', signal, () => deliver(commit, options))
      return saying(`Cannot push to "${branch}" of "${transport.name}"`, signal, delivery)
    },
  }
}

/** A branch, and the commits that it is to be moved between. */
interface Moved {
  readonly branch: string
  readonly from: Oid
  readonly to: Oid
}

/** After these, the branch may be elsewhere; whom the server does not let in has not moved it. */
const MAY_HAVE_MOVED: ReadonlySet<GitErrorCode> = new Set(['STALE', 'REJECTED', 'UNREACHABLE', 'INVALID_ANSWER'])

function destinationOf({ base }: Commit, onto: PushOptions['onto']): Omit<Moved, 'to'> {
  if (onto === undefined) return { branch: base.branch, from: base.commit }
  return { branch: onto.branch, from: onto.replaces ?? NO_COMMIT }
}

/** Undefined where it is not known whether there is a branch. */
function commitOfNone(thrown: unknown): Oid | undefined {
  const { code } = thrown instanceof GitError ? thrown : { code: undefined }
  return code === 'BRANCH_NOT_FOUND' || code === 'EMPTY_REPOSITORY' ? NO_COMMIT : undefined
}

async function signed(commit: GitObject, sign: Sign | undefined): Promise<GitObject> {
  return sign === undefined ? commit : withSignature(commit, await sign(commit.bytes))
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

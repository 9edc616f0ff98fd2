import type { Clock } from '../../../lifecycle/clock.js'
import { GitError } from '../errors.js'
import { type GitObject, parseCommitTree } from '../objects.js'
import type { Timed } from '../operations.js'
import type { References } from '../references.js'
import type { Oid, Snapshot } from '../repository.js'
import type { Transport } from '../transports/transport.js'
import { fetchClient } from './fetch-client.js'
import type { Store } from './store.js'

export interface SnapshotsOptions {
  readonly store: Store
  readonly references: References
  readonly transport: Transport
  readonly clock: Clock
  readonly timed: Timed
  readonly maxPacks: number
  readonly maxBytes: number
}

/** Branches as they are on the server, with their files in the store. */
export interface Snapshots {
  /** One at a time: a look may empty the store. */
  look(branch: string, signal: AbortSignal): Promise<Snapshot>
  /** Throws `STATE`, retryable, where the store does not have it: the next look fills the store again. */
  read(oid: Oid, type: GitObject['type']): Promise<Buffer>
  /** The same, but undefined where the store never had it. */
  tryRead(oid: Oid, type: GitObject['type']): Promise<Buffer | undefined>
  /** True when the store has so much that the next fetch starts with an empty one. */
  isFull(): Promise<boolean>
}

export function branchSnapshots(options: SnapshotsOptions): Snapshots {
  const { store, references, transport, clock, timed, maxPacks, maxBytes } = options
  let suspect: Oid | undefined

  async function isFull(): Promise<boolean> {
    const { packs, bytes } = await store.size()
    return packs >= maxPacks || bytes >= maxBytes
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
      await read(tree, 'tree')
      return { branch, commit, tree }
    } catch {
      // Damaged. Everything can be fetched again.
      await store.wipe()
      suspect = undefined
      return undefined
    }
  }

  async function fetched(branch: string, tip: Oid, signal: AbortSignal): Promise<Snapshot> {
    if (await isFull()) await store.wipe()
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

  async function tryRead(oid: Oid, type: GitObject['type']): Promise<Buffer | undefined> {
    const object = await store.read(oid).catch((error) => {
      suspect = oid
      throw error
    })
    return object?.type === type ? object.bytes : undefined
  }

  async function read(oid: Oid, type: GitObject['type']): Promise<Buffer> {
    const bytes = await tryRead(oid, type)
    if (bytes !== undefined) return bytes
    suspect = oid
    throw new GitError('STATE', `${type} ${oid} is not in the state folder`, { retryable: true })
  }

  return {
    async look(branch, signal) {
      if (suspect !== undefined) await examine(suspect)
      await store.removeLeftovers(clock.now())
      const tip = await timed('ls-refs', signal, () => references.tip(branch, signal))
      const found = (await stored(branch, tip)) ?? (await timed('fetch', signal, () => fetched(branch, tip, signal)))
      await store.rememberTip(branch, tip)
      return found
    },
    read,
    tryRead,
    isFull,
  }
}

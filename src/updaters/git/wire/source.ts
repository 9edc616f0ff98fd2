import { join, resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../../lifecycle/clock.js'
import { GitError } from '../errors.js'
import { type Ask, gathered } from '../gathered.js'
import { removeLeftovers } from '../leftovers.js'
import type { ObjectSource } from '../object-source.js'
import { type GitObject, parseCommitTree } from '../objects.js'
import type { Timed } from '../operations.js'
import type { References } from '../references.js'
import type { Blob, Oid, Snapshot } from '../repository.js'
import { branchTips } from '../tips.js'
import type { Transport } from '../transports/transport.js'
import { paced } from '../turns.js'
import { type FetchOrder, fetchPack } from './fetch.js'
import { filtersFor } from './filters.js'
import { handoff } from './handoff.js'
import { commitHistory, fileHistory } from './history.js'
import { type Found, openObjectStore } from './object-store.js'
import { announced, receivePack } from './receive.js'
import { receivePackAside } from './receive-aside.js'
import type { Received } from './telling-writer.js'
import type { Bases } from './unpack.js'

export interface WireOptions {
  /** Belongs to this repository alone; several processes may share it. Made where it is missing. */
  readonly folder: string
  readonly transport: Transport
  readonly references: References
  /** Whether the server leaves out files on demand. */
  readonly canFilter: boolean
  readonly clock: Clock
  readonly timed: Timed
  /** From so many bytes on, the next fetch starts with an empty folder. */
  readonly maxBytes?: number | undefined
  /** So many small files are made one. */
  readonly maxFiles?: number | undefined
}

/** Of protocol version 2 and partial clones as Git's own are: what is not here comes when it is read, if the server can do that. */
export function wireSource(options: WireOptions): ObjectSource {
  const { transport, references, canFilter, clock, timed, maxBytes = 1024 ** 3, maxFiles = 32 } = options
  // The number is the version of the format: another version of the program may share the folder.
  const folder = resolve(options.folder, 'wire-1')
  const objectsFolder = join(folder, 'objects')
  const store = openObjectStore({ folder: objectsFolder, clock, maxBytes, maxFiles })
  const tips = branchTips(folder)
  const filters = filtersFor(canFilter)
  const asks = new Map<string, Ask>()
  const objects = { commit: (oid: Oid) => read(oid, 'commit'), fetch: fetchObjects }
  const history = (canFilter ? commitHistory : fileHistory)({
    folder,
    transport,
    filters,
    clock,
    timed,
    maxBytes,
    objects,
  })

  async function wipe(): Promise<void> {
    // The tips first: they say what the store has.
    await tips.wipe()
    await store.wipe()
  }

  async function stored(branch: string, commit: Oid): Promise<Snapshot | undefined> {
    const object = await store.read(commit)
    if (object?.type !== 'commit') return undefined
    const tree = parseCommitTree(object.bytes)
    return store.has(tree) ? { branch, commit, tree } : undefined
  }

  async function fetched(branch: string, tip: Oid, signal: AbortSignal, levels: number): Promise<Snapshot> {
    if (store.isFull()) await wipe()
    const have = await fetchedBefore(branch)
    const own = have !== undefined && have === (await tips.all()).get(branch)
    // What others push has few files, which are wanted in most cases, and asking for them by name would take another request.
    // Of a branch that is not known yet, most may never be wanted.
    const filter = () => (own ? filters.largeFiles : filters.below(levels))
    await filters.tried(() => fetchObjects({ wants: [tip], depth: 1, have, filter: filter() }, signal))
    const found = await stored(branch, tip)
    if (found !== undefined) return found
    throw new GitError('INVALID_ANSWER', `server did not send commit ${tip}`, { retryable: true })
  }

  /** A commit that a fetch can build upon: the branch's last, or else another branch's, with which it may share its files. */
  async function fetchedBefore(branch: string): Promise<Oid | undefined> {
    const known = await tips.all()
    for (const oid of [known.get(branch), [...known.values()].at(-1)])
      if (oid !== undefined && (await stored(branch, oid)) !== undefined) return oid
    return undefined
  }

  async function fetchObjects(order: FetchOrder, signal: AbortSignal, received?: Received): Promise<void> {
    // Where the pack has deltas of what is not here, that is fetched by itself; its own pack must be whole.
    const fetch = async (oids: readonly Oid[]) => {
      for (const wants of portionsOf(oids))
        await unpackInto({ wants, filter: filters.below(0) }, async () => {}, signal)
    }
    await unpackInto(order, fetch, signal, received)
  }

  async function unpackInto(order: FetchOrder, fetch: Bases['fetch'], signal: AbortSignal, received?: Received) {
    const { count, pack } = await announced(fetchPack(transport, order, signal))
    if (count < LARGE_PACK || !IS_COMPILED) return receivePack(store, pack, { fetch, received })
    await receivePackAside(objectsFolder, pack, { fetch, received })
    await store.refresh()
  }

  async function missingOf(oids: Iterable<Oid>): Promise<Oid[]> {
    const found: Oid[] = []
    const pace = paced()
    for (const oid of oids) {
      if (!store.has(oid)) found.push(oid)
      await pace(0)
    }
    return found
  }

  /** Those that are wanted still; the server may send what nobody asked for. */
  function blobsOf(found: readonly Found[], unread: Set<Oid>): readonly Blob[] {
    const blobs = found.filter(({ oid, object }) => object.type === 'blob' && unread.delete(oid))
    return blobs.map(({ oid, object }) => ({ oid, bytes: object.bytes }))
  }

  async function read(oid: Oid, type: GitObject['type']): Promise<Buffer | undefined> {
    const object = await store.read(oid)
    return object?.type === type ? object.bytes : undefined
  }

  /** Commits and trees that were left out, or are lost. */
  function ask(type: GitObject['type'], levels: number): Ask {
    const key = `${type} ${levels}`
    const get = async (oids: readonly Oid[], signal: AbortSignal) => {
      // Another process may have got them.
      await store.refresh()
      const depth = type === 'commit' ? 1 : undefined
      for (const wants of portionsOf(oids.filter((oid) => !store.has(oid)))) {
        const filter = () => filters.below(type === 'commit' ? 0 : levels - 1)
        const fetch = () => fetchObjects({ wants, depth, filter: filter() }, signal)
        await timed('fetch', signal, () => filters.tried(fetch))
      }
    }
    const known = asks.get(key) ?? gathered(get)
    asks.set(key, known)
    return known
  }

  return {
    async look(branch, signal, levels = Number.POSITIVE_INFINITY) {
      tips.refresh()
      await removeLeftovers(folder, clock.now())
      await store.refresh()
      const tip = await timed('ls-refs', signal, () => references.tip(branch, signal))
      const found =
        (await stored(branch, tip)) ?? (await timed('fetch', signal, () => fetched(branch, tip, signal, levels)))
      await tips.remember(branch, tip)
      // What fails here is tried again by the next look.
      await store.compact().catch(() => {})
      return found
    },

    async read(oid, type, signal, levels = 1) {
      const here = await read(oid, type)
      if (here !== undefined) return here
      const refused = await ask(type, levels)(oid, signal).catch(unlessRefused)
      const bytes = await read(oid, type)
      if (bytes === undefined) throw missing(type, oid, refused)
      return bytes
    },

    history,

    async *readBlobs(oids, signal) {
      const unread = new Set(oids)
      // Twice: what turns out to be damaged is fetched again.
      for (let attempt = 0; attempt < 2 && unread.size > 0; attempt++) {
        for await (const found of store.readAll(unread)) {
          yield blobsOf(found, unread)
          await turn()
        }
        for (const wants of portionsOf(await missingOf(unread))) {
          const { put, taken } = handoff<readonly Found[]>()
          const fetching = timed('fetch', signal, () => fetchObjects({ wants }, signal, put))
          for await (const found of taken(fetching)) yield blobsOf(found, unread)
        }
      }
      for (const oid of unread) throw missing('blob', oid)
    },

    async keep(branch, commit, objects) {
      if (store.isFull()) return
      await store.add(async (writer) => {
        for (const object of objects) writer.add(object)
      })
      await tips.remember(branch, commit)
    },
  }
}

/** A thread finds no module that is TypeScript still, whatever the process that starts it can read. */
const IS_COMPILED = import.meta.url.endsWith('.js')

/** So many objects take a tenth of a second to unpack, and another thread a third of that to start. */
const LARGE_PACK = 5_000

/** Of one request, which then has 2.5 MB. */
const MAX_WANTS = 50_000

function* portionsOf(oids: readonly Oid[]): Generator<readonly Oid[]> {
  for (let at = 0; at < oids.length; at += MAX_WANTS) yield oids.slice(at, at + MAX_WANTS)
}

/** A server that does not have one of the objects gives none of them. */
function unlessRefused(thrown: unknown): GitError {
  if (thrown instanceof GitError && (thrown.code === 'STALE' || thrown.code === 'REJECTED')) return thrown
  throw thrown
}

function missing(type: string, oid: Oid, cause?: unknown): GitError {
  return new GitError('STATE', `${type} ${oid} is not in the state folder`, { retryable: true, cause })
}

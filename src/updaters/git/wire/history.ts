import { join } from 'node:path'
import type { Clock } from '../../../lifecycle/clock.js'
import { branchHistory, MAX_COMMITS, WITH_FILES } from '../history.js'
import type { ObjectSource } from '../object-source.js'
import type { Timed } from '../operations.js'
import type { Oid } from '../repository.js'
import type { Transport } from '../transports/transport.js'
import { type FetchOrder, fetchPack } from './fetch.js'
import type { Filters } from './filters.js'
import { openObjectStore } from './object-store.js'
import { unpack } from './unpack.js'

export interface WireHistoryOptions {
  readonly folder: string
  readonly transport: Transport
  readonly filters: Filters
  readonly clock: Clock
  readonly timed: Timed
  readonly maxBytes: number
  /** Where the objects of branches are kept. */
  readonly objects: {
    readonly commit: (oid: Oid) => Promise<Buffer | undefined>
    readonly fetch: (order: FetchOrder, signal: AbortSignal) => Promise<void>
  }
}

/**
 * Commits alone, of a server that can leave out all else. They have a store of their own: the other one is emptied from time to
 * time, and takes a commit for one that came with its files.
 */
export function commitHistory(options: WireHistoryOptions): ObjectSource['history'] {
  const { folder, transport, filters, clock, timed, maxBytes, objects } = options
  const store = openObjectStore({
    folder: join(folder, 'history'),
    clock,
    maxBytes: Math.min(maxBytes, 4 * MAX_BYTES),
    maxFiles: 8,
    maxFileBytes: MAX_BYTES,
  })
  const history = branchHistory(folder, {
    depths: [256, 2_048, MAX_COMMITS],
    why: 'server has no more',
    read: async (oid) => (await store.read(oid))?.bytes ?? objects.commit(oid),
    async fetch({ tip, depth, have, ends }, signal) {
      const isFull = store.isFull()
      if (isFull) await store.wipe()
      const here = isFull ? {} : { have, ends, thin: false }
      const order = () => ({ wants: [tip], depth, filter: filters.below(0), maxBytes: MAX_BYTES, ...here })
      const bases = { ...store, fetch: async () => {} }
      const fetch = () => store.add((writer) => unpack(fetchPack(transport, order(), signal), writer, bases, LIMITS))
      await timed('fetch', signal, () => filters.tried(fetch))
      // What fails here is tried again by the next fetch.
      await store.compact().catch(() => {})
    },
  })
  return async (snapshot, options) => {
    await store.refresh()
    return history(snapshot, options)
  }
}

/** The newest commits with their files, of a server that sends them in any case. */
export function fileHistory({ folder, timed, objects }: WireHistoryOptions): ObjectSource['history'] {
  return branchHistory(folder, {
    ...WITH_FILES,
    read: objects.commit,
    fetch({ tip, depth, have, ends }, signal) {
      const order = { wants: [tip], depth, have, ends, maxBytes: WITH_FILES.maxBytes }
      return timed('fetch', signal, () => objects.fetch(order, signal))
    },
  })
}

/** Of the commits that one fetch brings. */
const MAX_BYTES = 50 * 1024 ** 2
const LIMITS = { objects: MAX_COMMITS, objectBytes: 16 * 1024 ** 2, waitingBytes: MAX_BYTES }

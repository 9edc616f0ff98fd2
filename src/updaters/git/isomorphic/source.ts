import { resolve } from 'node:path'
import type { Clock } from '../../../lifecycle/clock.js'
import type { ObjectSource } from '../object-source.js'
import type { Timed } from '../operations.js'
import { writePack } from '../pack.js'
import type { References } from '../references.js'
import type { Transport } from '../transports/transport.js'
import { packedHistory } from './history.js'
import { inspectPack } from './inspect-pack.js'
import { branchSnapshots } from './snapshots.js'
import { openStore } from './store.js'

export interface IsomorphicOptions {
  /** Belongs to this repository alone; several processes may share it. Made where it is missing. */
  readonly folder: string
  readonly transport: Transport
  readonly references: References
  readonly clock: Clock
  readonly timed: Timed
  /** From so many packs or bytes on, nothing is added and the next fetch starts with an empty folder: repacking would cost more. */
  readonly maxPacks?: number | undefined
  readonly maxBytes?: number | undefined
}

/**
 * The newest commit of a branch with all of its files, then what is new, by means of isomorphic-git. Its `clone`, `checkout` and
 * `push` are not used, whose cost grows with the repository. Every server is understood.
 */
export function isomorphicSource(options: IsomorphicOptions): ObjectSource {
  const { transport, references, clock, timed, maxPacks = 100, maxBytes = 1024 ** 3 } = options
  const folder = resolve(options.folder)
  const store = openStore(folder)
  const snapshots = branchSnapshots({ store, references, clock, transport, timed, maxPacks, maxBytes })

  return {
    look: snapshots.look,
    read: snapshots.read,
    history: packedHistory({ folder, store, snapshots, references, transport, timed }),
    async *readBlobs(oids, signal) {
      for (const oid of oids) {
        signal.throwIfAborted()
        yield [{ oid, bytes: await snapshots.read(oid, 'blob') }]
      }
    },
    async keep(branch, commit, objects) {
      // A full folder is emptied by the next fetch, which this one makes necessary.
      if (await snapshots.isFull()) return
      const pack = writePack(objects)
      await store.keep(pack, await inspectPack(pack))
      await store.rememberTip(branch, commit)
    },
  }
}

import { branchHistory, WITH_FILES } from '../history.js'
import type { ObjectSource } from '../object-source.js'
import type { Timed } from '../operations.js'
import type { References } from '../references.js'
import type { Transport } from '../transports/transport.js'
import { fetchClient } from './fetch-client.js'
import type { Snapshots } from './snapshots.js'
import type { Store } from './store.js'

export interface HistoryOptions {
  readonly folder: string
  readonly store: Store
  readonly snapshots: Snapshots
  readonly references: References
  readonly transport: Transport
  readonly timed: Timed
}

/** The newest commits with their files, as a server of protocol version 0 or 1 sends them. */
export function packedHistory(options: HistoryOptions): ObjectSource['history'] {
  const { folder, store, snapshots, references, transport, timed } = options
  return branchHistory(folder, {
    ...WITH_FILES,
    read: (oid) => snapshots.tryRead(oid, 'commit'),
    fetch: ({ branch, tip, depth, have, ends }, signal) =>
      timed('fetch', signal, async () => {
        const capabilities = await references.fetchCapabilities(signal)
        const client = { transport, branch, tip, thin: true, maxBytes: WITH_FILES.maxBytes, capabilities, signal }
        const { http, facts } = fetchClient(client)
        await store.fetch({ branch, have, ends, depth, base: transport.base, http, facts })
      }),
  })
}

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../lifecycle/clock.js'
import { chosenSource, type EngineChoice } from './choose-engine.js'
import { gitRepository } from './engine.js'
import { type GitOperation, timedBy } from './operations.js'
import { remoteReferences } from './references.js'
import type { GitRepository } from './repository.js'
import type { Access } from './transports/access.js'
import { openTransport } from './transports/open.js'
import { wireSource } from './wire/source.js'

export interface OpenOptions extends Access {
  /** `https://`, `http://`, `file://` or a path. */
  readonly url: string
  /** Each repository has a folder of its own in it. */
  readonly stateFolder: string
  readonly clock: Clock
  readonly onOperation?: ((operation: GitOperation) => void) | undefined
  /** Told once, when the repository is first looked at. */
  readonly onEngine?: ((choice: EngineChoice) => void) | undefined
  /** Told once for each new URL that an HTTP server says the repository is at. */
  readonly onMove?: ((url: string) => void) | undefined
}

/** Nothing is contacted yet. Throws `GitError` `UNSUPPORTED` for a URL of another kind. */
export function openGitRepository(options: OpenOptions): GitRepository {
  const { url, stateFolder, clock, onOperation, onEngine } = options
  const transport = openTransport(url, options)
  const folder = join(stateFolder, folderName(transport.name))
  const references = remoteReferences(transport)
  const timed = timedBy(clock, onOperation)
  const engines = {
    wire: (canFilter: boolean) => wireSource({ folder, transport, references, canFilter, clock, timed }),
    // Loaded where it is needed: few servers are so old, and the library takes 15 MiB.
    isomorphic: async () => {
      const { isomorphicSource } = await import('./isomorphic/source.js')
      return isomorphicSource({ folder, transport, references, clock, timed })
    },
  }
  const source = chosenSource(references, engines, timed, onEngine)
  return gitRepository({ source, references, transport, timed })
}

// Readable for people, and distinct for repositories whose readable part is the same.
function folderName(name: string): string {
  const readable = name
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(-60)
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`
}

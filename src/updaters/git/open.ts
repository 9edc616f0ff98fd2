import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Clock } from '../../lifecycle/clock.js'
import { isomorphicRepository } from './isomorphic.js'
import type { GitOperation } from './operations.js'
import type { GitRepository } from './repository.js'
import type { Credentials } from './transports/http.js'
import { openTransport } from './transports/open.js'

export interface OpenOptions {
  /** `https://`, `http://`, `file://` or a path. */
  readonly url: string
  readonly credentials?: Credentials | undefined
  /** Each repository has a folder of its own in it. */
  readonly stateFolder: string
  readonly clock: Clock
  readonly onOperation?: ((operation: GitOperation) => void) | undefined
}

/** Nothing is contacted yet. Throws `GitError` `UNSUPPORTED` for a URL of another kind. */
export function openGitRepository({ url, credentials, stateFolder, clock, onOperation }: OpenOptions): GitRepository {
  const transport = openTransport(url, { credentials, clock })
  return isomorphicRepository({ folder: join(stateFolder, folderName(transport.name)), transport, clock, onOperation })
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

import { deltaSizes } from '../delta.js'
import { GitError } from '../errors.js'
import { corrupt } from '../pack-input.js'
import { oversized, type PackEntry, readPack } from '../pack-stream.js'

export interface PackFacts {
  /** The checksum that also names the pack's file. */
  readonly checksum: string
  readonly objects: number
}

export interface PackLimits {
  readonly objectBytes: number
  readonly totalBytes: number
}

/**
 * Reads a pack from its first byte to its checksum without resolving deltas. Throws `INVALID_ANSWER`, retryable, where it is cut or
 * corrupt, and `TOO_LARGE` before inflating what is over a limit: what compresses well is small on the wire only.
 */
export async function inspectPack(pack: Buffer, limits: PackLimits = DEFAULT_LIMITS): Promise<PackFacts> {
  const starts = new Set<number>()
  let total = 0
  for await (const entries of readPack(whole(pack), { maxEntryBytes: limits.objectBytes }))
    for (const entry of entries) {
      // isomorphic-git would follow one that leads to itself without end.
      if (typeof entry.base === 'number' && !starts.has(entry.base)) throw corrupt('has a delta of no earlier object')
      starts.add(entry.offset)
      const size = sizeOf(entry)
      if (size > limits.objectBytes) throw oversized(limits.objectBytes)
      total += size
      if (total > limits.totalBytes)
        throw new GitError('TOO_LARGE', `objects have more than ${limits.totalBytes} bytes`)
    }
  return { checksum: pack.toString('hex', pack.length - 20), objects: pack.readUInt32BE(8) }
}

const DEFAULT_LIMITS: PackLimits = { objectBytes: 256 * 1024 ** 2, totalBytes: 8 * 1024 ** 3 }

function sizeOf({ type, data }: PackEntry): number {
  return type === undefined ? Math.max(data.length, deltaSizes(data).result) : data.length
}

async function* whole(pack: Buffer): AsyncGenerator<Buffer> {
  yield pack
}

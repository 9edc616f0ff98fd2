import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { deflateSync, inflateSync } from 'node:zlib'
import { GitError } from './errors.js'
import type { GitObject } from './objects.js'

/** A pack of whole objects. Source: gitformat-pack(5). */
export function writePack(objects: readonly GitObject[]): Buffer {
  const header = Buffer.alloc(12)
  header.write('PACK')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(objects.length, 8)
  const body = objects.flatMap(({ type, bytes }) => [entryHeader(TYPES[type], bytes.length), deflateSync(bytes)])
  const pack = Buffer.concat([header, ...body])
  return Buffer.concat([pack, sha1(pack)])
}

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
  const end = pack.length - 20
  if (end < 12 || pack.toString('latin1', 0, 4) !== 'PACK') throw corrupt('has no header')
  const version = pack.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw corrupt(`has version ${version}`)
  const checksum = pack.subarray(end)
  if (!sha1(pack.subarray(0, end)).equals(checksum)) throw corrupt('does not have its checksum')

  const objects = pack.readUInt32BE(8)
  const starts = new Set<number>()
  let offset = 12
  let total = 0
  for (let index = 0; index < objects; index++) {
    const { size, length, distance } = readEntry(pack.subarray(offset, end), limits.objectBytes)
    // isomorphic-git would follow one that leads to itself without end.
    if (distance !== undefined && !starts.has(offset - distance)) throw corrupt('has a delta of no earlier object')
    starts.add(offset)
    offset += length
    total += size
    if (total > limits.totalBytes) throw new GitError('TOO_LARGE', `objects have more than ${limits.totalBytes} bytes`)
    if (index % 256 === 255) await turn()
  }
  if (offset !== end) throw corrupt('has more than its objects')
  return { checksum: checksum.toString('hex'), objects }
}

const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4 } as const
const OFFSET_DELTA = 6
const REFERENCE_DELTA = 7

const DEFAULT_LIMITS: PackLimits = { objectBytes: 256 * 1024 ** 2, totalBytes: 8 * 1024 ** 3 }

function entryHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128
    bytes.push(rest & 127)
  }
  return Buffer.from(bytes)
}

interface Entry {
  /** Of the object, which for a delta is its result. */
  readonly size: number
  /** In the pack. */
  readonly length: number
  /** How far before the entry its base begins, where it names it so. */
  readonly distance: number | undefined
}

function readEntry(bytes: Buffer, limit: number): Entry {
  let offset = 0
  const next = (): number => bytes[offset++] ?? 0
  let byte = next()
  const type = (byte >> 4) & 7
  let size = byte & 15
  for (let factor = 16; byte & 128 && size <= limit; factor *= 128) {
    byte = next()
    size += (byte & 127) * factor
  }
  if (size > limit) throw oversized(limit)
  const distance = type === OFFSET_DELTA ? readDistance(next) : undefined
  if (type === REFERENCE_DELTA) offset += 20

  const inflated = inflate(bytes.subarray(offset), size)
  const length = offset + inflated.length
  if (type !== OFFSET_DELTA && type !== REFERENCE_DELTA) return { size, length, distance }
  const result = deltaResultSize(inflated.buffer)
  if (result > limit) throw oversized(limit)
  return { size: Math.max(size, result), length, distance }
}

// Seven bits to a byte, the highest first, and one is added before each shift.
function readDistance(next: () => number): number {
  let byte = next()
  let distance = byte & 127
  while (byte & 128) {
    byte = next()
    distance = (distance + 1) * 128 + (byte & 127)
  }
  return distance
}

function inflate(bytes: Buffer, size: number): { buffer: Buffer; length: number } {
  try {
    // One byte more than declared, so that an object which is larger is told from one that fits.
    const result: unknown = inflateSync(bytes, { info: true, maxOutputLength: size + 1 })
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } }
    if (buffer.length === size) return { buffer, length: engine.bytesWritten }
  } catch (cause) {
    throw corrupt('has an object that cannot be inflated', cause)
  }
  throw corrupt('has an object of another size than declared')
}

// Two sizes open a delta: its base's, and its result's. Seven bits to a byte, the lowest first.
function deltaResultSize(delta: Buffer): number {
  let offset = 0
  while ((delta[offset++] ?? 0) & 128);
  let size = 0
  for (let factor = 1; factor < 2 ** 42; factor *= 128) {
    const byte = delta[offset++] ?? 0
    size += (byte & 127) * factor
    if (!(byte & 128)) break
  }
  return size
}

function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest()
}

function oversized(limit: number): GitError {
  return new GitError('TOO_LARGE', `repository has an object of more than ${limit} bytes`)
}

function corrupt(what: string, cause?: unknown): GitError {
  return new GitError('INVALID_ANSWER', `pack ${what}`, { retryable: true, cause })
}

import { promisify } from 'node:util'
import { inflate, inflateSync } from 'node:zlib'
import { GitError } from './errors.js'
import type { GitObject } from './objects.js'
import { corrupt, openInput, type PackInput } from './pack-input.js'
import type { Oid } from './repository.js'
import { paced } from './turns.js'

/** An object as it stands in a pack: whole, or as what changes another. */
export interface PackEntry {
  /** Where it begins in the pack. */
  readonly offset: number
  /** Absent for a delta. */
  readonly type?: GitObject['type']
  /** Of a delta: the offset or the object id of what it changes. */
  readonly base?: number | Oid
  /** The object's bytes, or the delta's. */
  readonly data: Buffer
}

/**
 * The entries of a pack while it arrives, none of them kept. Source: gitformat-pack(5). Throws `INVALID_ANSWER`, retryable, where
 * it is cut or corrupt, the checksum at its end included; `TOO_LARGE` before inflating an entry of more than `maxEntryBytes`.
 */
export async function* readPack(chunks: AsyncIterable<Uint8Array>, limits: PackLimits): AsyncGenerator<PackEntry> {
  const input = openInput(chunks)
  try {
    yield* entriesOf(input, limits)
    await input.finish()
  } finally {
    await input.close()
  }
}

export interface PackLimits {
  readonly maxEntryBytes: number
  readonly maxEntries?: number
}

export function oversized(limit: number): GitError {
  return new GitError('TOO_LARGE', `repository has an object of more than ${limit} bytes`)
}

async function* entriesOf(
  input: PackInput,
  { maxEntryBytes, maxEntries = 2 ** 32 }: PackLimits,
): AsyncGenerator<PackEntry> {
  await input.require(12)
  if (input.bytes().toString('latin1', 0, 4) !== 'PACK') throw corrupt('has no header')
  const version = input.bytes().readUInt32BE(4)
  if (version !== 2 && version !== 3) throw corrupt(`has version ${version}`)
  const count = input.bytes().readUInt32BE(8)
  if (count > maxEntries) throw new GitError('TOO_LARGE', `pack has more than ${maxEntries} objects`)
  input.consume(12)

  const pace = paced()
  for (let index = 0; index < count; index++) {
    const entry = await readEntry(input, maxEntryBytes)
    yield entry
    await pace(entry.data.length)
  }
}

const TYPES = [undefined, 'commit', 'tree', 'blob', 'tag'] as const
const OFFSET_DELTA = 6
const REFERENCE_DELTA = 7

/** The longest header: ten bytes of size, and ten of distance or twenty of an id. */
const HEADER_BYTES = 32

async function readEntry(input: PackInput, limit: number): Promise<PackEntry> {
  await input.want(HEADER_BYTES)
  const offset = input.position()
  const header = readHeader(input.bytes(), limit)
  if (typeof header.base === 'number' && (header.base === 0 || header.base > offset))
    throw corrupt('has a delta of no earlier object')
  input.consume(header.length)
  const data = await readInflated(input, header.size)
  if (header.type !== undefined) return { offset, type: header.type, data }
  const base = typeof header.base === 'number' ? offset - header.base : header.base
  return base === undefined ? { offset, data } : { offset, base, data }
}

interface Header {
  readonly type: GitObject['type'] | undefined
  readonly size: number
  /** How far before the entry its base begins, or the base's id. */
  readonly base: number | Oid | undefined
  readonly length: number
}

function readHeader(bytes: Buffer, limit: number): Header {
  let at = 0
  const next = (): number => bytes[at++] ?? 0
  let byte = next()
  const kind = (byte >> 4) & 7
  let size = byte & 15
  for (let factor = 16; byte & 128 && size <= limit; factor *= 128) {
    byte = next()
    size += (byte & 127) * factor
  }
  if (size > limit) throw oversized(limit)
  if (kind === REFERENCE_DELTA) {
    const base = bytes.toString('hex', at, at + 20)
    return { type: undefined, size, base, length: at + 20 }
  }
  const base = kind === OFFSET_DELTA ? readDistance(next) : undefined
  const type = TYPES[kind]
  if (type === undefined && base === undefined) throw corrupt(`has an object of kind ${kind}`)
  return { type, size, base, length: at }
}

// Seven bits to a byte, the highest first, and one is added before each shift.
function readDistance(next: () => number): number {
  let byte = next()
  let distance = byte & 127
  while (byte & 128 && distance < Number.MAX_SAFE_INTEGER / 256) {
    byte = next()
    distance = (distance + 1) * 128 + (byte & 127)
  }
  return distance
}

/** Deflated bytes may go on without end and make nothing. */
const MAX_PADDING = 1024 ** 2

async function readInflated(input: PackInput, size: number): Promise<Buffer> {
  // As much as deflating can make of the size, and a little more; what was deflated oddly takes another try with twice as much.
  for (let wanted = size + (size >> 8) + 64; ; wanted *= 2) {
    if (wanted > 4 * size + MAX_PADDING) throw corrupt('has an object that is larger deflated than it is')
    await input.want(wanted)
    const inflated = await tryInflate(input.bytes(), size)
    if (inflated !== undefined) {
      if (inflated.buffer.length !== size) throw corrupt('has an object of another size than declared')
      input.consume(inflated.length)
      return inflated.buffer
    }
    if (input.ended() && input.bytes().length <= wanted) throw corrupt('ends within an object')
  }
}

/** Above this size inflating is left to another thread. */
const LARGE = 1024 ** 2
const inflateAside = promisify(inflate)

/** Undefined where the bytes end too early. */
async function tryInflate(bytes: Buffer, size: number): Promise<{ buffer: Buffer; length: number } | undefined> {
  // One byte more than declared, so that an object which is larger is told from one that fits.
  const options = { info: true, maxOutputLength: size + 1, chunkSize: Math.max(64, Math.min(size + 1, LARGE)) }
  try {
    const result: unknown = size > LARGE ? await inflateAside(bytes, options) : inflateSync(bytes, options)
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } }
    return { buffer, length: engine.bytesWritten }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR') return undefined
    throw corrupt('has an object that cannot be inflated', cause)
  }
}

import { setImmediate as turn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { inflate, inflateSync, type ZlibOptions } from 'node:zlib'
import { GitError } from './errors.js'
import type { GitObject } from './objects.js'
import { corrupt, openInput, type PackInput } from './pack-input.js'
import type { Oid } from './repository.js'

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
 * The entries of a pack while it arrives, as many at a time as have about a megabyte; none of them is kept. Source:
 * gitformat-pack(5). Throws `INVALID_ANSWER`, retryable, where it is cut or corrupt, the checksum at its end included; `TOO_LARGE`
 * before inflating an entry of more than `maxEntryBytes`.
 */
export async function* readPack(
  chunks: AsyncIterable<Uint8Array>,
  { maxEntryBytes, maxEntries = 2 ** 32 }: PackLimits,
): AsyncGenerator<readonly PackEntry[]> {
  const input = openInput(chunks)
  try {
    const count = await readCount(input, maxEntries)
    let batch: PackEntry[] = []
    let bytes = 0
    for (let index = 0; index < count; index++) {
      const entry = tryReadEntry(input, maxEntryBytes) ?? (await readEntry(input, maxEntryBytes))
      batch.push(entry)
      bytes += ENTRY_COST + entry.data.length
      if (bytes < BATCH_BYTES) continue
      yield batch
      batch = []
      bytes = 0
      // Inflating what is there already would never give other work its turn.
      await turn()
    }
    if (batch.length > 0) yield batch
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

const BATCH_BYTES = 1024 ** 2
/** What a small entry costs by itself, as bytes of inflating. */
const ENTRY_COST = 4096

async function readCount(input: PackInput, maxEntries: number): Promise<number> {
  await input.require(12)
  const header = input.bytes()
  if (header.toString('latin1', 0, 4) !== 'PACK') throw corrupt('has no header')
  const version = header.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw corrupt(`has version ${version}`)
  const count = header.readUInt32BE(8)
  if (count > maxEntries) throw new GitError('TOO_LARGE', `pack has more than ${maxEntries} objects`)
  input.consume(12)
  return count
}

const TYPES = [undefined, 'commit', 'tree', 'blob', 'tag'] as const
const OFFSET_DELTA = 6
const REFERENCE_DELTA = 7

/** The longest header: ten bytes of size, and ten of distance or twenty of an id. */
const HEADER_BYTES = 32

/** Undefined for an entry that may not be all there yet, or is large. Most are read here, without waiting for anything. */
function tryReadEntry(input: PackInput, limit: number): PackEntry | undefined {
  if (input.available() < HEADER_BYTES) return undefined
  const bytes = input.bytes()
  const header = readHeader(bytes, limit)
  if (header.size > LARGE || bytes.length - header.length < deflatedSize(header.size)) return undefined
  const inflated = inflateNow(bytes.subarray(header.length), header.size)
  if (inflated === undefined) return undefined
  const offset = input.position()
  input.consume(header.length + inflated.length)
  return entryOf(header, offset, inflated.buffer)
}

async function readEntry(input: PackInput, limit: number): Promise<PackEntry> {
  await input.want(HEADER_BYTES)
  const offset = input.position()
  const header = readHeader(input.bytes(), limit)
  input.consume(header.length)
  return entryOf(header, offset, await readInflated(input, header.size))
}

function entryOf({ type, base }: Header, offset: number, data: Buffer): PackEntry {
  if (type !== undefined) return { offset, type, data }
  if (typeof base !== 'number') return base === undefined ? { offset, data } : { offset, base, data }
  if (base === 0 || base > offset) throw corrupt('has a delta of no earlier object')
  return { offset, base: offset - base, data }
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

async function readInflated(input: PackInput, size: number): Promise<Buffer> {
  // What was deflated oddly takes another try with twice as much.
  for (let wanted = deflatedSize(size); ; wanted *= 2) {
    if (wanted > 4 * size + MAX_PADDING) throw corrupt('has an object that is larger deflated than it is')
    await input.want(wanted)
    const bytes = input.bytes()
    const inflated = size > LARGE ? await inflateAside(bytes, size) : inflateNow(bytes, size)
    if (inflated !== undefined) {
      input.consume(inflated.length)
      return inflated.buffer
    }
    if (input.ended() && bytes.length <= wanted) throw corrupt('ends within an object')
  }
}

/** Deflated bytes may go on without end and make nothing. */
const MAX_PADDING = 1024 ** 2
/** Above this size inflating is left to another thread. */
const LARGE = 1024 ** 2

/** As much as deflating makes of so many bytes at most, and a little more. */
function deflatedSize(size: number): number {
  return size + (size >> 8) + 64
}

interface Inflated {
  readonly buffer: Buffer
  /** Deflated. */
  readonly length: number
}

/** Undefined where the bytes end too early. */
function inflateNow(bytes: Buffer, size: number): Inflated | undefined {
  try {
    return inflatedFrom(inflateSync(bytes, optionsFor(size)), size)
  } catch (cause) {
    return refuseUnlessCut(cause)
  }
}

const inflateAsync = promisify(inflate)

async function inflateAside(bytes: Buffer, size: number): Promise<Inflated | undefined> {
  try {
    return inflatedFrom(await inflateAsync(bytes, optionsFor(size)), size)
  } catch (cause) {
    return refuseUnlessCut(cause)
  }
}

// One byte more than declared, so that an object which is larger is told from one that fits.
function optionsFor(size: number): ZlibOptions {
  return { info: true, maxOutputLength: size + 1, chunkSize: Math.max(64, Math.min(size + 1, LARGE)) }
}

function inflatedFrom(result: unknown, size: number): Inflated {
  const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } }
  if (buffer.length !== size) throw corrupt('has an object of another size than declared')
  return { buffer, length: engine.bytesWritten }
}

function refuseUnlessCut(cause: unknown): undefined {
  if (cause instanceof GitError) throw cause
  if (cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR') return undefined
  throw corrupt('has an object that cannot be inflated', cause)
}

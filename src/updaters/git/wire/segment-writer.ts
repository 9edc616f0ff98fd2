import { type FileHandle, open } from 'node:fs/promises'
import { GitError } from '../errors.js'
import { type GitObject, objectId } from '../objects.js'
import type { Oid } from '../repository.js'
import { BLOCK_BYTES, type BlockFile, type Blocks } from './blocks.js'
import { type Location, MAX_OBJECTS, renderIndex } from './segment.js'

/** Writes objects to the end of a new file, and reads those already written. */
export interface SegmentWriter {
  /** The object's id. What is there already is not written again. Throws `TOO_LARGE` above the limit of the whole file. */
  add(object: GitObject): Oid
  /** Writes to the file what was added. To be called after every few megabytes. */
  drain(): Promise<void>
  has(oid: Oid): boolean
  read(oid: Oid): Promise<GitObject | undefined>
  /** Throws `TOO_LARGE` where so many bytes more would be too many. */
  requireRoom(bytes: number): void
  count(): number
}

export interface OpenWriter extends SegmentWriter {
  /** Completes the file. */
  finish(): Promise<void>
  close(): Promise<void>
}

export async function openSegmentWriter(file: BlockFile, blocks: Blocks, maxBytes: number): Promise<OpenWriter> {
  const handle = await open(file.path, 'wx')
  const objects = new Map<Oid, Location>()
  let full: Buffer[] = []
  let block = Buffer.allocUnsafe(BLOCK_BYTES)
  let length = 0
  /** What is not in `block` or `full`. */
  let written = 0

  function append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const used = length % BLOCK_BYTES
      const copied = bytes.copy(block, used, at)
      at += copied
      length += copied
      if (used + copied < BLOCK_BYTES) continue
      full.push(block)
      block = Buffer.allocUnsafe(BLOCK_BYTES)
    }
  }

  async function drain(): Promise<void> {
    const blocksToWrite = full
    full = []
    for (const next of blocksToWrite) {
      await writeAll(handle, next, written)
      blocks.keep(file, written / BLOCK_BYTES, next)
      written += BLOCK_BYTES
    }
  }

  function requireRoom(bytes: number): void {
    if (length + bytes > maxBytes) throw new GitError('TOO_LARGE', `objects have more than ${maxBytes} bytes`)
    if (objects.size >= MAX_OBJECTS) throw new GitError('TOO_LARGE', `there are more than ${MAX_OBJECTS} objects`)
  }

  return {
    requireRoom,
    count: () => objects.size,
    has: (oid) => objects.has(oid),
    drain,
    add(object) {
      const oid = objectId(object)
      if (objects.has(oid)) return oid
      requireRoom(object.bytes.length)
      objects.set(oid, { type: object.type, position: length, size: object.bytes.length })
      append(object.bytes)
      return oid
    },
    async read(oid) {
      const location = objects.get(oid)
      if (location === undefined) return undefined
      await drain()
      const { type, position, size } = location
      const onDisk = Math.max(0, Math.min(position + size, written) - position)
      const parts = onDisk === 0 ? [] : [await blocks.read(file, position, onDisk)]
      if (onDisk < size) parts.push(block.subarray(position + onDisk - written, position + size - written))
      return { type, bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) }
    },
    async finish() {
      await drain()
      const rest = block.subarray(0, length - written)
      await writeAll(handle, Buffer.concat([rest, renderIndex(objects)]), written)
    },
    close: () => handle.close(),
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { GitObject } from '../objects.js'
import type { Oid } from '../repository.js'

/**
 * A file of objects, whose bytes stand in it as they are, one after the other; then an index with 32 bytes an object, ordered by
 * the first four bytes of their ids; then 32 bytes that tell the format, count the objects and verify the index.
 */
export interface Segment {
  /** Without the ending. */
  readonly name: string
  readonly path: string
  readonly count: number
  readonly bytes: number
  find(oid: Oid): Location | undefined
  oids(): Iterable<Oid>
}

export interface Location {
  readonly type: GitObject['type']
  readonly position: number
  readonly size: number
}

/** Four bytes of an id and the place in a list fit into the 53 bits of a number with up to so many objects. */
export const MAX_OBJECTS = 2 ** 21

/** Undefined where the file is not whole, or of another format. Throws where it is gone. */
export async function openSegment(name: string, path: string): Promise<Segment | undefined> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const trailer = Buffer.alloc(ENTRY_BYTES)
    await handle.read(trailer, 0, ENTRY_BYTES, Math.max(0, size - ENTRY_BYTES))
    const count = trailer.readUInt32BE(8)
    const indexAt = size - ENTRY_BYTES * (count + 1)
    if (!trailer.subarray(0, 8).equals(FORMAT) || indexAt < 0 || count > MAX_OBJECTS) return undefined
    const index = Buffer.alloc(ENTRY_BYTES * count)
    const { bytesRead } = await handle.read(index, 0, index.length, indexAt)
    if (bytesRead < index.length || !trailer.equals(trailerOf(index))) return undefined
    return { name, path, count, bytes: size, ...lookup(index) }
  } finally {
    await handle.close()
  }
}

/** What follows the objects of a segment. */
export function renderIndex(objects: ReadonlyMap<Oid, Location>): Buffer {
  const entries = Buffer.alloc(ENTRY_BYTES * objects.size)
  const order = new Float64Array(objects.size)
  let count = 0
  for (const [oid, { type, position, size }] of objects) {
    const at = count * ENTRY_BYTES
    entries.write(oid, at, 'hex')
    entries.writeUInt8(TYPES.indexOf(type), at + 20)
    entries.writeUIntBE(position, at + 21, 6)
    entries.writeUIntBE(size, at + 27, 5)
    order[count] = entries.readUInt32BE(at) * MAX_OBJECTS + count
    count++
  }
  const index = Buffer.alloc(entries.length)
  let written = 0
  for (const key of order.sort()) {
    const at = (key % MAX_OBJECTS) * ENTRY_BYTES
    written += entries.copy(index, written, at, at + ENTRY_BYTES)
  }
  return Buffer.concat([index, trailerOf(index)])
}

const ENTRY_BYTES = 32
/** The last byte is the version. */
const FORMAT = Buffer.from('TMOBJS\0\x01', 'latin1')
const TYPES = ['commit', 'tree', 'blob', 'tag'] as const

function trailerOf(index: Buffer): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(index.length / ENTRY_BYTES)
  return Buffer.concat([FORMAT, count, createHash('sha1').update(count).update(index).digest()])
}

function lookup(index: Buffer): Pick<Segment, 'find' | 'oids'> {
  const prefixes = new Uint32Array(index.length / ENTRY_BYTES)
  for (let entry = 0; entry < prefixes.length; entry++) prefixes[entry] = index.readUInt32BE(entry * ENTRY_BYTES)

  /** The first entry whose id does not begin with less. */
  function firstOf(prefix: number): number {
    let low = 0
    let high = prefixes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((prefixes[middle] ?? 0) < prefix) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    find(oid) {
      const prefix = Number.parseInt(oid.slice(0, 8), 16)
      for (let entry = firstOf(prefix); prefixes[entry] === prefix; entry++) {
        const at = entry * ENTRY_BYTES
        if (index.toString('hex', at, at + 20) !== oid) continue
        const type = TYPES[index.readUInt8(at + 20)] ?? 'blob'
        return { type, position: index.readUIntBE(at + 21, 6), size: index.readUIntBE(at + 27, 5) }
      }
      return undefined
    },
    *oids() {
      for (let at = 0; at < index.length; at += ENTRY_BYTES) yield index.toString('hex', at, at + 20)
    },
  }
}

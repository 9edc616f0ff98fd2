import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

/** A pack with the checksum that it should have, of entries that need not be right. */
export function packOf(objects: number, ...entries: readonly Buffer[]): Buffer {
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1')
  header.writeUInt32BE(objects, 8)
  const pack = Buffer.concat([header, ...entries])
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()])
}

export function blobEntry(text: string): Buffer {
  return Buffer.concat([entryHeader(3, Buffer.byteLength(text)), deflateSync(text)])
}

/** A delta of the object with this id. */
export function referenceDelta(base: string, delta: Buffer): Buffer {
  return Buffer.concat([entryHeader(7, delta.length), Buffer.from(base, 'hex'), deflateSync(delta)])
}

/** A delta of the entry so many bytes before; less than 128. */
export function offsetDelta(distance: number, delta: Buffer): Buffer {
  return Buffer.concat([entryHeader(6, delta.length), Buffer.from([distance]), deflateSync(delta)])
}

/** Instructions that put text after the whole base, both shorter than 128 bytes. */
export function appending(base: string, text: string): Buffer {
  const copied = Buffer.from([base.length, base.length + text.length, 0x90, base.length])
  return Buffer.concat([copied, Buffer.from([text.length]), Buffer.from(text)])
}

/** The bytes in pieces of random sizes. */
export async function* inPieces(bytes: Buffer, size: () => number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + size()
    yield bytes.subarray(at, end)
    at = end
  }
}

function entryHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)]
  for (let rest = size >> 4; rest > 0; rest >>= 7) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128
    bytes.push(rest & 127)
  }
  return Buffer.from(bytes)
}

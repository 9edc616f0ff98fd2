import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { deltaOfPatched } from './delta.js'
import type { GitObject } from './objects.js'
import type { Oid } from './repository.js'

/** An object that is sent, and the one that it was made of by replacing bytes. */
export interface NewObject extends GitObject {
  readonly old?: { readonly oid: Oid; readonly bytes: Buffer } | undefined
}

/** A pack of whole objects. Source: gitformat-pack(5). */
export function writePack(objects: readonly GitObject[]): Buffer {
  return packOf(objects.map(wholeEntry))
}

/**
 * A pack for a server that has what the objects were made of: of large ones it tells the difference. Source: git-pack-objects(1),
 * `--thin`, which `git push` uses everywhere.
 */
export function writeThinPack(objects: readonly NewObject[]): Buffer {
  return packOf(objects.map((object) => deltaEntry(object) ?? wholeEntry(object)))
}

/** What is smaller is not worth a delta. */
const WORTH_A_DELTA = 4096

function packOf(entries: readonly (readonly Buffer[])[]): Buffer {
  const header = Buffer.alloc(12)
  header.write('PACK')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(entries.length, 8)
  const pack = Buffer.concat([header, ...entries.flat()])
  return Buffer.concat([pack, sha1(pack)])
}

function wholeEntry({ type, bytes }: GitObject): readonly Buffer[] {
  return [entryHeader(TYPES[type], bytes.length), deflateSync(bytes)]
}

function deltaEntry({ bytes, old }: NewObject): readonly Buffer[] | undefined {
  if (old === undefined || bytes.length < WORTH_A_DELTA || bytes.length !== old.bytes.length) return undefined
  const delta = deltaOfPatched(old.bytes, bytes)
  return [entryHeader(REFERENCE_DELTA, delta.length), Buffer.from(old.oid, 'hex'), deflateSync(delta)]
}

const REFERENCE_DELTA = 7
const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4 } as const

function entryHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128
    bytes.push(rest & 127)
  }
  return Buffer.from(bytes)
}

function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest()
}

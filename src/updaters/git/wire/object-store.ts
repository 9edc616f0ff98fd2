import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../lifecycle/clock.js'
import { removeLeftovers, TEMPORARY } from '../leftovers.js'
import { type GitObject, objectId } from '../objects.js'
import type { Oid } from '../repository.js'
import { paced } from '../turns.js'
import { openBlocks } from './blocks.js'
import { type Location, openSegment, type Segment } from './segment.js'
import { openSegmentWriter, type SegmentWriter } from './segment-writer.js'

/**
 * Objects by their ids, in files of one folder. Several processes may share it: a file appears whole or not at all, and never
 * changes. All of it can be lost and is fetched again. Failures of the folder are thrown as Node throws them.
 */
export interface ObjectStore {
  /** Looks at the folder anew: others write there too. */
  refresh(): Promise<void>
  has(oid: Oid): boolean
  /** Undefined where the store does not have it, or no longer as it was: then its file is gone, too. */
  read(oid: Oid): Promise<GitObject | undefined>
  /** Those that are there, many at a time, in the order in which they are read fastest. */
  readAll(oids: Iterable<Oid>): AsyncIterable<readonly Found[]>
  /** Adds all that is written to the writer, or nothing where that throws. */
  add(write: (writer: SegmentWriter) => Promise<void>): Promise<void>
  /** Makes one file of many small ones. */
  compact(): Promise<void>
  /** True where most of what is there may be of no use any more. */
  isFull(): boolean
  wipe(): Promise<void>
}

export interface ObjectStoreOptions {
  /** Its name should tell the version of the format: what cannot be read there is removed. */
  readonly folder: string
  readonly clock: Clock
  /** Of all files, beyond which it is full; it may have twice as much as its largest file all the same. */
  readonly maxBytes: number
  /** From so many small files on, one is made of them. */
  readonly maxFiles: number
  /** Of one file. */
  readonly maxFileBytes?: number | undefined
}

export function openObjectStore(options: ObjectStoreOptions): ObjectStore {
  const { folder, clock, maxBytes, maxFiles, maxFileBytes = MAX_WRITTEN_BYTES } = options
  const blocks = openBlocks()
  /** Those with the most objects first, in which most are found. */
  let segments: readonly Segment[] = []

  function take(next: readonly Segment[]): void {
    segments = [...next].sort((a, b) => b.count - a.count)
  }

  async function refresh(): Promise<void> {
    await removeLeftovers(folder, clock.now())
    const known = new Map(segments.map((segment) => [segment.name, segment]))
    const found: Segment[] = []
    for (const file of await readdir(folder).catch(() => [])) {
      if (!file.endsWith(ENDING)) continue
      const name = file.slice(0, -ENDING.length)
      const segment = known.get(name) ?? (await openSegment(name, join(folder, file)).catch(() => undefined))
      if (segment === undefined) await rm(join(folder, file), { force: true, recursive: true })
      else found.push(segment)
    }
    // And what was added here meanwhile.
    const names = new Set([...known.keys(), ...found.map(({ name }) => name)])
    take([...found, ...segments.filter(({ name }) => !names.has(name))])
  }

  function locate(oid: Oid): Located | undefined {
    for (const segment of segments) {
      const location = segment.find(oid)
      if (location !== undefined) return { segment, location }
    }
    return undefined
  }

  /** Undefined where it is not in memory. */
  function tryReadNow(oid: Oid, { segment, location }: Located): GitObject | undefined {
    const bytes = blocks.cached({ key: segment.name, path: segment.path }, location.position, location.size)
    return bytes && intact(oid, location.type, bytes)
  }

  async function tryRead(oid: Oid, { segment, location }: Located): Promise<GitObject | undefined> {
    const { type, position, size } = location
    const bytes = await blocks.read({ key: segment.name, path: segment.path }, position, size).catch(() => undefined)
    return bytes && intact(oid, type, bytes)
  }

  async function discard({ name, path }: Segment): Promise<void> {
    await rm(path, { force: true })
    take(segments.filter((segment) => segment.name !== name))
  }

  async function read(oid: Oid): Promise<GitObject | undefined> {
    for (let located = locate(oid); located !== undefined; located = locate(oid)) {
      const object = await tryRead(oid, located)
      if (object !== undefined) return object
      // Damaged, or replaced by another process.
      await discard(located.segment)
      await refresh()
    }
    return undefined
  }

  async function add(write: (writer: SegmentWriter) => Promise<void>): Promise<void> {
    const name = randomUUID()
    const temporary = join(folder, name + TEMPORARY)
    await mkdir(folder, { recursive: true })
    const writer = await openSegmentWriter({ key: name, path: temporary }, blocks, maxFileBytes)
    try {
      try {
        await write(writer)
        await writer.finish()
      } finally {
        await writer.close()
      }
      if (writer.count() === 0) return
      await rename(temporary, join(folder, name + ENDING))
    } finally {
      await rm(temporary, { force: true })
    }
    const segment = await openSegment(name, join(folder, name + ENDING))
    if (segment !== undefined) take([...segments, segment])
  }

  return {
    refresh,
    has: (oid) => locate(oid) !== undefined,
    read,
    async *readAll(oids) {
      const found: { readonly oid: Oid; readonly located: Located; readonly order: number }[] = []
      const orders = new Map(segments.map((segment, at) => [segment, at * MAX_WRITTEN_BYTES]))
      const pace = paced()
      for (const oid of oids) {
        await pace(0)
        const located = locate(oid)
        if (located === undefined) continue
        const order = (orders.get(located.segment) ?? 0) + located.location.position
        found.push({ oid, located, order })
      }
      found.sort((a, b) => a.order - b.order)
      let batch: Found[] = []
      let bytes = 0
      for (const { oid, located } of found) {
        const object = tryReadNow(oid, located) ?? (await tryRead(oid, located)) ?? (await read(oid))
        if (object === undefined) continue
        batch.push({ oid, object })
        bytes += OBJECT_COST + object.bytes.length
        if (bytes < BATCH_BYTES) continue
        yield batch
        batch = []
        bytes = 0
      }
      if (batch.length > 0) yield batch
    },
    add,
    async compact() {
      const small = segments.filter(({ bytes }) => bytes < SMALL_BYTES)
      if (small.length < maxFiles) return
      await add(async (writer) => {
        for (const oid of small.flatMap((segment) => [...segment.oids()])) {
          const object = await read(oid)
          if (object !== undefined) writer.add(object)
          await writer.drain()
        }
      })
      for (const segment of small) await discard(segment)
    },
    isFull() {
      const sizes = segments.map(({ bytes }) => bytes)
      const total = sizes.reduce((sum, size) => sum + size, 0)
      return total > Math.max(maxBytes, 2 * Math.max(0, ...sizes))
    },
    async wipe() {
      segments = []
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export interface Found {
  readonly oid: Oid
  readonly object: GitObject
}

interface Located {
  readonly segment: Segment
  readonly location: Location
}

const ENDING = '.objects'
const SMALL_BYTES = 4 * 1024 ** 2
/** Of one answer, unpacked. */
const MAX_WRITTEN_BYTES = 4 * 1024 ** 3

const BATCH_BYTES = 256 * 1024
/** What a small object costs by itself, as bytes. */
const OBJECT_COST = 1024

/** A copy, or undefined where it is not as it was. */
function intact(oid: Oid, type: GitObject['type'], bytes: Buffer): GitObject | undefined {
  return objectId({ type, bytes }) === oid ? { type, bytes: Buffer.from(bytes) } : undefined
}

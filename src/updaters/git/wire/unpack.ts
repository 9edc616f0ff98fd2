import { applyDelta, deltaSizes } from '../delta.js'
import type { GitObject } from '../objects.js'
import { corrupt } from '../pack-input.js'
import { oversized, type PackEntry, readPack } from '../pack-stream.js'
import type { Oid } from '../repository.js'
import { paced } from '../turns.js'
import { MAX_OBJECTS } from './segment.js'
import type { SegmentWriter } from './segment-writer.js'

/** Objects that a pack does not have and its deltas may be of. */
export interface Bases {
  has(oid: Oid): boolean
  read(oid: Oid): Promise<GitObject | undefined>
  /** Gets those that cannot be read, as far as they can be had. */
  fetch(oids: readonly Oid[]): Promise<void>
}

export interface UnpackLimits {
  readonly objects: number
  readonly objectBytes: number
  /** Of deltas that wait for what they change. */
  readonly waitingBytes: number
}

/**
 * Writes every object of a pack while the pack arrives; their ids are computed from what they are. Memory is bounded whatever the
 * depth of the deltas: each is of an object that was written before, and is read from there.
 * Throws `INVALID_ANSWER`, retryable, where the pack is cut or corrupt or has a delta of nothing; `TOO_LARGE` above a limit.
 */
export async function unpack(
  chunks: AsyncIterable<Uint8Array>,
  writer: SegmentWriter,
  bases: Bases,
  limits: UnpackLimits = DEFAULT_LIMITS,
): Promise<void> {
  const offsets = new Map<number, Oid>()
  const waiting = waitingRoom(limits.waitingBytes)
  const pace = paced()

  /** Writes the object, then whatever waited for it. */
  async function settle(offset: number, object: GitObject): Promise<void> {
    const ready = [...(await write(offset, object))]
    for (let next = ready.pop(); next !== undefined; next = ready.pop())
      ready.push(...(await write(next.entry.offset, await changed(next.base, next.entry))))
  }

  async function write(offset: number, object: GitObject): Promise<Ready[]> {
    const oid = writer.add(object)
    offsets.set(offset, oid)
    await writer.drain()
    await pace(object.bytes.length)
    return [...waiting.take(offset), ...waiting.take(oid)].map((entry) => ({ entry, base: oid }))
  }

  async function changed(base: Oid, entry: PackEntry): Promise<GitObject> {
    const object = (await writer.read(base)) ?? (await bases.read(base))
    if (object === undefined) throw corrupt('has a delta of what is not there')
    const { result } = deltaSizes(entry.data)
    if (result > limits.objectBytes) throw oversized(limits.objectBytes)
    writer.requireRoom(result)
    return { type: object.type, bytes: applyDelta(object.bytes, entry.data) }
  }

  async function take(entry: PackEntry): Promise<void> {
    const base = typeof entry.base === 'number' ? offsets.get(entry.base) : entry.base
    if (entry.type !== undefined) await settle(entry.offset, { type: entry.type, bytes: entry.data })
    else if (base !== undefined && (writer.has(base) || bases.has(base)))
      await settle(entry.offset, await changed(base, entry))
    else waiting.add(entry.base ?? 0, entry)
  }

  for await (const entries of readPack(chunks, { maxEntryBytes: limits.objectBytes, maxEntries: limits.objects })) {
    for (const entry of entries) {
      const { offset, type, data } = entry
      // Most are whole and nothing waits for them: then there is nothing to wait for here, either.
      if (type !== undefined && waiting.isEmpty()) offsets.set(offset, writer.add({ type, bytes: data }))
      else await take(entry)
    }
    await writer.drain()
  }
  await settleRest()

  async function settleRest(): Promise<void> {
    const missing = waiting.oids()
    if (missing.length > 0) await bases.fetch(missing)
    for (const oid of missing)
      for (const entry of waiting.take(oid)) await settle(entry.offset, await changed(oid, entry))
    if (!waiting.isEmpty()) throw corrupt('has a delta of what is not there')
  }
}

interface Ready {
  readonly entry: PackEntry
  readonly base: Oid
}

const DEFAULT_LIMITS: UnpackLimits = {
  objects: MAX_OBJECTS,
  objectBytes: 256 * 1024 ** 2,
  waitingBytes: 256 * 1024 ** 2,
}

/** Deltas whose base has not been seen yet, by the base's offset or id. */
function waitingRoom(maxBytes: number) {
  const entries = new Map<number | Oid, PackEntry[]>()
  let bytes = 0
  return {
    add(base: number | Oid, entry: PackEntry): void {
      bytes += entry.data.length + 64
      if (bytes > maxBytes) throw oversized(maxBytes)
      const others = entries.get(base)
      if (others === undefined) entries.set(base, [entry])
      else others.push(entry)
    },
    take(base: number | Oid): readonly PackEntry[] {
      const taken = entries.get(base) ?? []
      entries.delete(base)
      return taken
    },
    oids: (): Oid[] => [...entries.keys()].filter((base) => typeof base === 'string'),
    isEmpty: () => entries.size === 0,
  }
}

import type { Found } from './object-store.js'
import type { SegmentWriter } from './segment-writer.js'

/** Told of objects; what writes them waits until it resolves. */
export type Received = (objects: readonly Found[]) => Promise<void>

/** Tells of what is written, too, when it is drained and has come to so many bytes. */
export function tellingWriter(
  writer: SegmentWriter,
  received: Received,
): SegmentWriter & { readonly tellRest: () => Promise<void> } {
  let found: Found[] = []
  let bytes = 0

  async function tellRest(): Promise<void> {
    const objects = found
    found = []
    bytes = 0
    if (objects.length > 0) await received(objects)
  }

  return {
    ...writer,
    tellRest,
    add(object) {
      const oid = writer.add(object)
      found.push({ oid, object })
      bytes += object.bytes.length
      return oid
    },
    async drain() {
      await writer.drain()
      if (bytes >= TOLD_BYTES) await tellRest()
    },
  }
}

const TOLD_BYTES = 256 * 1024

import type { ObjectStore } from './object-store.js'
import { type Received, tellingWriter } from './telling-writer.js'
import { type Bases, unpack } from './unpack.js'

export interface Receiving {
  /** Gets what the pack has deltas of and the store does not have. */
  readonly fetch: Bases['fetch']
  /** Told of all that is written. */
  readonly received?: Received | undefined
}

/** Writes a pack to the store while it arrives, or nothing of it where that throws. */
export async function receivePack(
  store: ObjectStore,
  pack: AsyncIterable<Uint8Array>,
  { fetch, received }: Receiving,
): Promise<void> {
  await store.add(async (writer) => {
    const telling = received && tellingWriter(writer, received)
    await unpack(pack, telling ?? writer, { ...store, fetch })
    await telling?.tellRest()
  })
}

/** How many objects a pack says it has, and the same pack, of which nothing is lost. 0 where it breaks off before. */
export async function announced(
  pack: AsyncIterable<Uint8Array>,
): Promise<{ readonly count: number; readonly pack: AsyncIterable<Uint8Array> }> {
  const source = pack[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let length = 0
  while (length < HEADER_BYTES) {
    const { value, done } = await source.next()
    if (done) break
    first.push(value)
    length += value.length
  }
  const header = Buffer.concat(first)
  return { count: length < HEADER_BYTES ? 0 : header.readUInt32BE(8), pack: after(header, source) }
}

/** gitformat-pack(5): a signature, the version and the number of objects. */
const HEADER_BYTES = 12

async function* after(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (;;) {
      const { value, done } = await rest.next()
      if (done) return
      yield value
    }
  } finally {
    await rest.return?.()
  }
}

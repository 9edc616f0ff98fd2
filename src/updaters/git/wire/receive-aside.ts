import { Worker } from 'node:worker_threads'
import { GitError } from '../errors.js'
import type { Found } from './object-store.js'
import type { Receiving } from './receive.js'
import type { Answered, Failure, Sent, Told } from './receive-thread.js'

/**
 * Writes a pack to the store in this folder like `receivePack`, in a thread that ends with it: a large one takes seconds to
 * inflate and hash, which the event loop is spared. The store is to look at its folder afterwards.
 */
export async function receivePackAside(
  folder: string,
  pack: AsyncIterable<Uint8Array>,
  { fetch, received }: Receiving,
): Promise<void> {
  const thread = new Worker(new URL('./receive-thread.js', import.meta.url), {
    workerData: folder,
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
  const send = (sent: Sent, transferred: readonly ArrayBuffer[] = []) => thread.postMessage(sent, transferred)
  /** Comes before what the thread makes of it. */
  let failed: { readonly thrown: unknown } | undefined
  let unused = 0
  let isOver = false
  let wake = () => {}

  const done = new Promise<Failure | undefined>((resolve, reject) => {
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error('Cannot unpack: the thread has ended')))
    thread.on('message', async (answered: Answered) => {
      if (answered.type === 'done') resolve(answered.failure)
      else if (answered.type === 'used') {
        unused -= answered.bytes
        wake()
      } else if (answered.type === 'objects') {
        await fails(async () => received?.(foundIn(answered)))
        send({ type: 'taken' })
      } else send({ type: 'fetched', hasFailed: await fails(() => fetch(answered.oids)) })
    })
  })

  /** Keeps the first failure. */
  async function fails(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return false
    } catch (thrown) {
      failed ??= { thrown }
      return true
    }
  }

  async function sendAll(): Promise<void> {
    for await (const piece of piecesOf(pack)) {
      unused += piece.length
      send({ type: 'chunk', bytes: piece }, [piece.buffer])
      while (unused > MAX_UNUSED && !isOver)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      if (isOver) return
    }
  }

  function stopSending(): void {
    isOver = true
    wake()
  }

  try {
    const sending = fails(sendAll).then((isBroken) => send({ type: 'end', isBroken }))
    done.then(stopSending, stopSending)
    const [failure] = await Promise.all([done, sending])
    if (failed !== undefined) throw failed.thrown
    if (failure !== undefined) throw errorOf(failure)
  } finally {
    await thread.terminate()
  }
}

/** Bytes that were sent and are not used yet. */
const MAX_UNUSED = 2 * 1024 ** 2
const PIECE_BYTES = 256 * 1024

/** The same bytes in memory of their own, which can be given away. */
async function* piecesOf(pack: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let piece = new Uint8Array(PIECE_BYTES)
  let used = 0
  for await (const bytes of pack)
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + PIECE_BYTES - used)
      piece.set(part, used)
      at += part.length
      used += part.length
      if (used < PIECE_BYTES) continue
      yield piece
      piece = new Uint8Array(PIECE_BYTES)
      used = 0
    }
  if (used > 0) yield piece.subarray(0, used)
}

function foundIn({ objects, bytes }: { readonly objects: readonly Told[]; readonly bytes: Uint8Array }): Found[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  return objects.map(([oid, type, size]) => {
    const start = at
    at += size
    return { oid, object: { type, bytes: all.subarray(start, at) } }
  })
}

function errorOf({ message, code, retryable }: Failure): Error {
  return code === undefined ? new Error(message) : new GitError(code, message, { retryable })
}

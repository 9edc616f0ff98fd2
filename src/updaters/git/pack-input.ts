import { createHash } from 'node:crypto'
import { GitError } from './errors.js'

/** The bytes of a pack while they arrive, of which those not used yet are in memory. */
export interface PackInput {
  /** Waits until so many bytes are there, or no more come. */
  want(size: number): Promise<void>
  /** Throws where fewer come. */
  require(size: number): Promise<void>
  /** All that is there and not used yet. */
  bytes(): Buffer
  available(): number
  consume(size: number): void
  position(): number
  ended(): boolean
  /** The checksum follows, and nothing else. */
  finish(): Promise<void>
  /** Lets the connection go where not all of it was read. */
  close(): Promise<void>
}

/** Asking for more at a time makes fewer copies of what is left over. */
const FILL_BYTES = 512 * 1024

export function openInput(chunks: AsyncIterable<Uint8Array>): PackInput {
  const source = chunks[Symbol.asyncIterator]()
  const hash = createHash('sha1')
  let buffer = Buffer.alloc(0)
  let at = 0
  let dropped = 0
  let ended = false

  async function want(size: number): Promise<void> {
    if (ended || buffer.length - at >= size) return
    hash.update(buffer.subarray(0, at))
    dropped += at
    const parts: Uint8Array[] = [buffer.subarray(at)]
    let total = buffer.length - at
    const enough = Math.max(size, FILL_BYTES)
    while (total < enough && !ended) {
      const { value, done } = await source.next()
      if (done) ended = true
      else {
        parts.push(value)
        total += value.length
      }
    }
    buffer = Buffer.concat(parts, total)
    at = 0
  }

  async function require(size: number): Promise<void> {
    await want(size)
    if (buffer.length - at < size) throw corrupt('ends too early')
  }

  return {
    want,
    require,
    bytes: () => buffer.subarray(at),
    available: () => buffer.length - at,
    consume(size) {
      at += size
    },
    position: () => dropped + at,
    ended: () => ended,
    async finish() {
      await require(20)
      hash.update(buffer.subarray(0, at))
      if (!hash.digest().equals(buffer.subarray(at, at + 20))) throw corrupt('does not have its checksum')
      const { done } = await source.next()
      if (!done || buffer.length > at + 20) throw corrupt('has more than its objects')
    },
    async close() {
      await source.return?.()
    },
  }
}

export function corrupt(what: string, cause?: unknown): GitError {
  return new GitError('INVALID_ANSWER', `pack ${what}`, { retryable: true, cause })
}

import { GitError } from '../errors.js'
import { MAX_PACKETS, type Packet, packetAt, truncated } from '../packet-lines.js'

/**
 * The packets of an answer while it arrives, as many at a time as are there. Throws like `packets`: `INVALID_ANSWER`, retryable,
 * where the answer ends within one, and `TOO_LARGE`.
 */
export async function* packetStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Packet[]> {
  let rest: Uint8Array = Buffer.alloc(0)
  let count = 0
  for await (const chunk of body) {
    const bytes = rest.length === 0 ? bufferOf(chunk) : Buffer.concat([rest, chunk])
    const found: Packet[] = []
    let offset = 0
    for (;;) {
      const read = packetAt(bytes, offset)
      if (read === undefined) break
      found.push(read.packet)
      offset = read.end
    }
    rest = bytes.subarray(offset)
    count += found.length
    if (count > MAX_PACKETS) throw new GitError('TOO_LARGE', `answer has more than ${MAX_PACKETS} packets`)
    if (found.length > 0) yield found
  }
  if (rest.length > 0) throw truncated()
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

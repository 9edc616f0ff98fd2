import { fetchRefusal, serverText } from '../answer.js'
import { GitError } from '../errors.js'
import { lineOf, type Packet, truncated } from '../packet-lines.js'
import type { Transport } from '../transports/transport.js'
import { packetStream } from './packet-stream.js'

/**
 * The bytes of the pack in an answer to `fetch`, as they arrive. Source: gitprotocol-v2(5), "fetch", "output".
 * Throws `INVALID_ANSWER`, retryable, where the answer ends before its flush packet or has no pack, and `STALE` or `REJECTED`
 * where the server gives up.
 */
export async function* packOf(transport: Transport, body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let section: string | undefined
  let done = false
  for await (const packets of packetStream(body)) {
    for (const packet of packets) {
      if (done) throw new GitError('INVALID_ANSWER', 'answer goes on after its end')
      if (packet === 'delimiter') section = undefined
      else if (packet === 'flush' && section === 'packfile') done = true
      else if (!Buffer.isBuffer(packet)) throw truncated()
      else if (section === 'packfile') {
        const data = dataOf(transport, packet)
        if (data !== undefined) yield data
      } else section = sectionAfter(transport, section, packet)
    }
  }
  if (!done) throw truncated()
}

/** A section opens with its name. Lines of sections other than the pack are of no use here: the commit is known. */
function sectionAfter(transport: Transport, section: string | undefined, packet: Buffer): string {
  const line = lineOf(packet)
  if (line.startsWith('ERR ')) throw fetchRefusal(serverText(transport, line.slice(4)))
  return section ?? line
}

// Band 1 is the pack, empty where the server only shows that it is still there; 2 is for people, 3 is why it gives up.
function dataOf(transport: Transport, packet: Exclude<Packet, string>): Buffer | undefined {
  if (packet[0] === 1) return packet.length > 1 ? packet.subarray(1) : undefined
  if (packet[0] === 3) throw fetchRefusal(serverText(transport, packet.toString('utf8', 1)))
  return undefined
}

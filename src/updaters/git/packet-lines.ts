import { GitError } from './errors.js'

/** One packet: its bytes, or one of the special packets without any. */
export type Packet = Buffer | 'flush' | 'delimiter' | 'end'

export const FLUSH = Buffer.from('0000')
export const DELIMITER = Buffer.from('0001')

/** One packet with a line of text. Source: gitprotocol-common(5), "pkt-line format". */
export function packetLine(text: string): Buffer {
  const length = Buffer.byteLength(text) + 4
  return Buffer.from(length.toString(16).padStart(4, '0') + text)
}

/** Side bands of 1,000 bytes make 2 million of the largest pack; a million branches are as many. Empty ones would be 500 million. */
export const MAX_PACKETS = 4_000_000

/** The packets of a whole answer. Throws `INVALID_ANSWER`, retryable, where it ends within one, and `TOO_LARGE`. */
export function* packets(bytes: Buffer): Generator<Packet> {
  let count = 0
  for (let offset = 0; offset < bytes.length; ) {
    if (++count > MAX_PACKETS) throw new GitError('TOO_LARGE', `answer has more than ${MAX_PACKETS} packets`)
    const read = packetAt(bytes, offset)
    if (read === undefined) throw truncated()
    yield read.packet
    offset = read.end
  }
}

/** Undefined where the bytes end within the packet. */
export function packetAt(bytes: Buffer, offset: number): { readonly packet: Packet; readonly end: number } | undefined {
  if (offset + 4 > bytes.length) return undefined
  const length = parseLength(bytes.toString('latin1', offset, offset + 4))
  if (length < 4) return { packet: SPECIAL_PACKETS[length] as Packet, end: offset + 4 }
  const end = offset + length
  return end > bytes.length ? undefined : { packet: bytes.subarray(offset + 4, end), end }
}

/** The text of a packet without its optional line feed. */
export function lineOf(packet: Buffer): string {
  return packet.toString().replace(/\n$/, '')
}

/**
 * The text of all packets, each without its optional line feed. Throws `INVALID_ANSWER`, retryable, unless they end with a
 * flush packet or with the server's `ERR` line: nothing else tells the end from a connection that broke between two packets.
 */
export function textLines(answer: Iterable<Packet>): string[] {
  const lines: string[] = []
  let last: Packet | undefined
  for (last of answer) if (Buffer.isBuffer(last)) lines.push(lineOf(last))
  if (last !== 'flush' && !lines.at(-1)?.startsWith('ERR ')) throw truncated()
  return lines
}

/** An answer whose packets carry a first byte that says what they are. */
export interface Bands {
  /** Packets before the bands begin. */
  readonly lines: readonly string[]
  /** Band 1. */
  readonly data: Buffer
  /** Band 2, what a person should read; and band 3, why the server gave up. */
  readonly messages: string
  readonly gaveUp: boolean
}

/**
 * Takes an answer with side bands apart. Source: gitprotocol-pack(5), "Packfile Data".
 * Throws `INVALID_ANSWER`, retryable, unless the answer ends with a flush packet or with the server's reason to give up.
 */
export function splitBands(bytes: Buffer): Bands {
  const lines: string[] = []
  const data: Buffer[] = []
  const messages: Buffer[] = []
  let gaveUp = false
  let last: Packet | undefined
  for (const packet of packets(bytes)) {
    last = packet
    if (!Buffer.isBuffer(packet)) continue
    if (packet[0] === 1) data.push(packet.subarray(1))
    else if (packet[0] === 2 || packet[0] === 3) messages.push(packet.subarray(1))
    else lines.push(lineOf(packet))
    if (packet[0] === 3 || lines.at(-1)?.startsWith('ERR ')) gaveUp = true
  }
  if (last !== 'flush' && !gaveUp) throw truncated()
  return { lines, data: Buffer.concat(data), messages: Buffer.concat(messages).toString(), gaveUp }
}

const SPECIAL_PACKETS = ['flush', 'delimiter', 'end'] as const

function parseLength(digits: string): number {
  const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : 3
  if (length === 3) throw new GitError('INVALID_ANSWER', 'answer is not the Git protocol')
  return length
}

export function truncated(): GitError {
  return new GitError('INVALID_ANSWER', 'answer ends too early', { retryable: true })
}

import { GitError } from './errors.js'

/** The sizes that open a delta: its base's, and its result's. Where its instructions begin is `at`. */
export function deltaSizes(delta: Buffer): { readonly base: number; readonly result: number; readonly at: number } {
  const base = readSize(delta, 0)
  const result = readSize(delta, base.at)
  return { base: base.size, result: result.size, at: result.at }
}

/**
 * Makes an object of its base. Source: gitformat-pack(5), "Deltified representation". The result is allocated at once: check its
 * size before. Throws `INVALID_ANSWER`, retryable, where the instructions leave the base or do not make what they declare.
 */
export function applyDelta(base: Buffer, delta: Buffer): Buffer {
  const sizes = deltaSizes(delta)
  if (sizes.base !== base.length) throw malformed()
  const result = Buffer.allocUnsafe(sizes.result)
  let written = 0
  let at = sizes.at
  while (at < delta.length) {
    const instruction = delta[at++] ?? 0
    let from = delta
    let start = at
    let size = instruction
    if (instruction & 0x80) {
      // The lower bits say which bytes of the position and of the size are there; the others are 0.
      from = base
      start = 0
      size = 0
      for (let bit = 0; bit < 4; bit++) if (instruction & (1 << bit)) start += (delta[at++] ?? 0) * 2 ** (8 * bit)
      for (let bit = 0; bit < 3; bit++) if (instruction & (16 << bit)) size += (delta[at++] ?? 0) << (8 * bit)
      if (size === 0) size = 0x10000
    } else at += size
    if (size === 0 || start + size > from.length || written + size > result.length) throw malformed()
    from.copy(result, written, start, start + size)
    written += size
  }
  if (written !== result.length) throw malformed()
  return result
}

/** The delta that makes one of two objects of the same length of the other. */
export function deltaOfPatched(base: Buffer, result: Buffer): Buffer {
  const parts = [renderSize(base.length), renderSize(result.length)]
  for (let at = 0; at < result.length; ) {
    const same = runOf(at, (i) => base[i] === result[i], Math.min(result.length, at + MAX_COPY))
    if (same - at >= WORTH_COPYING || same === result.length) {
      parts.push(renderCopy(at, same - at))
      at = same
      continue
    }
    // Up to where enough stays the same to be worth an instruction of its own.
    let end = at
    let alike = 0
    const most = Math.min(result.length, at + MAX_INSERT)
    while (end < most && alike < WORTH_COPYING) alike = base[end] === result[end++] ? alike + 1 : 0
    if (alike === WORTH_COPYING) end -= alike
    parts.push(Buffer.from([end - at]), result.subarray(at, end))
    at = end
  }
  return Buffer.concat(parts)
}

const MAX_COPY = 0xffff
const MAX_INSERT = 127
const WORTH_COPYING = 8

function runOf(start: number, holds: (index: number) => boolean, limit: number): number {
  let end = start
  while (end < limit && holds(end)) end++
  return end
}

// The position's four bytes and the size's two, all of them.
function renderCopy(position: number, size: number): Buffer {
  const bytes = Buffer.alloc(7)
  bytes[0] = 0x80 | 0x0f | 0x30
  bytes.writeUInt32LE(position, 1)
  bytes.writeUInt16LE(size, 5)
  return bytes
}

function renderSize(size: number): Buffer {
  const bytes = [size & 127]
  for (let rest = Math.floor(size / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128
    bytes.push(rest & 127)
  }
  return Buffer.from(bytes)
}

// Seven bits to a byte, the lowest first.
function readSize(delta: Buffer, start: number): { size: number; at: number } {
  let size = 0
  let at = start
  for (let factor = 1; factor < 2 ** 42; factor *= 128) {
    const byte = delta[at++]
    if (byte === undefined) break
    size += (byte & 127) * factor
    if (!(byte & 128)) return { size, at }
  }
  throw malformed()
}

function malformed(): GitError {
  return new GitError('INVALID_ANSWER', 'pack has a malformed delta', { retryable: true })
}

import { GitError } from '../errors.js'

/** Finds the end of what a program of Git says first, as it arrives. */
export interface AdvertisementScan {
  /** How many of the bytes still belong to it, up to its flush packet; undefined where it goes on. */
  feed(chunk: Buffer): number | undefined
  /** The first packet, so far: the version of the protocol, or an error. */
  first(): string
}

/** Throws `INVALID_ANSWER` with what was said instead where that is not the Git protocol. */
export function scanAdvertisement(): AdvertisementScan {
  let digits = ''
  let left = 0
  let isFirst = true
  let first = ''

  return {
    first: () => first,
    feed(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (left === 0) {
          const taken = chunk.toString('latin1', at, at + 4 - digits.length)
          digits += taken
          at += taken.length
          if (digits.length < 4) return undefined
          if (digits === '0000') return at
          left = lengthOf(digits, chunk, at) - 4
          digits = ''
          continue
        }
        const taken = Math.min(left, chunk.length - at)
        if (isFirst && first.length < MAX_FIRST) first += chunk.toString('utf8', at, at + Math.min(taken, MAX_FIRST))
        at += taken
        left -= taken
        if (left === 0) isFirst = false
      }
      return undefined
    },
  }
}

const MAX_FIRST = 1_000

function lengthOf(digits: string, chunk: Buffer, at: number): number {
  const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : 0
  if (length > 4) return length
  // The greeting of a login shell, or a program that is not Git.
  const said = (digits + chunk.toString('utf8', at, at + 200)).replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
  throw new GitError('INVALID_ANSWER', `server says "${said}" and not the Git protocol`)
}

import { type Reference, tryParseReference } from '../../image/reference.js'
import type { Finding } from './finding.js'
import { namesRegistry } from './image-name.js'
import type { ScalarNode } from './node.js'
import { imageOf } from './part.js'

type Found = Pick<Finding, 'kind' | 'image' | 'within'>

/** A reference that cannot be followed, and why. */
export interface Unfollowed {
  readonly message: string
}

/**
 * Reads a scalar as a reference, with defaults for the variables of docker-compose and Flux: `app:${TAG:-1.4.2}`. Where the
 * value is not a reference as a whole, the place is the part of it that has the tag and digest: in one variable, or behind
 * a name to which `registry`, which stands beside it, belongs.
 */
export function readReference(scalar: ScalarNode, registry: string | undefined): Found | Unfollowed | undefined {
  const pieces = piecesOf(scalar.value)
  const expanded = pieces?.map(({ text }) => text).join('')
  const reference = expanded === undefined ? undefined : tryParseReference(expanded)
  if (pieces === undefined || expanded === undefined || reference === undefined) return undefined
  if (registry === undefined && pieces.length === 1 && pieces[0]?.at === 0)
    return { kind: 'reference', image: imageOf(reference.name, reference) }
  if (registry !== undefined && namesRegistry(reference.name))
    return { message: 'Left alone: a registry stands beside the reference, which has one too' }
  if (reference.tag === undefined && reference.digest === undefined) return undefined
  return versionWithin(scalar, reference, pieces, expanded.length, registry)
}

/** What of a reference stands in one piece: all of it, or else its tag and digest. */
function versionWithin(
  { start, end, value }: ScalarNode,
  reference: Reference,
  pieces: readonly Piece[],
  length: number,
  registry: string | undefined,
): Found | Unfollowed {
  const name = registry === undefined ? reference.name : `${registry}/${reference.name}`
  const image = imageOf(name, reference)
  const whole = registry === undefined ? sole(pieces, 0, length) : undefined
  const version = sole(pieces, reference.name.length + 1, length)
  const found = whole ?? version
  // With an escape in it, the value is not what stands in the file.
  if (found === undefined || end - start !== value.length)
    return { message: 'Left alone: its tag or digest is made of several parts' }
  const kind = whole !== undefined ? 'reference' : reference.tag === undefined ? 'digest' : 'tag'
  const within = { start: start + found.start, end: start + found.end, value: value.slice(found.start, found.end) }
  return { kind, image, within }
}

/** A part of a value that is text, or a variable's default. */
interface Piece {
  readonly text: string
  /** Where the text begins in the value, and in what the value becomes. */
  readonly at: number
  readonly becomes: number
}

const VARIABLE = /\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-=])([^${}]*)\}/g

/** Undefined where a variable has no default, or one that is no plain text. */
function piecesOf(value: string): readonly Piece[] | undefined {
  if (!value.includes('$')) return [{ text: value, at: 0, becomes: 0 }]
  const pieces: Piece[] = []
  let at = 0
  let becomes = 0
  for (const { 0: whole, 1: text = '', index } of value.matchAll(VARIABLE)) {
    add(value.slice(at, index), at)
    add(text, index + whole.length - 1 - text.length)
    at = index + whole.length
  }
  add(value.slice(at), at)
  return pieces.some(({ text }) => text.includes('$')) ? undefined : pieces

  function add(text: string, start: number): void {
    if (text !== '') pieces.push({ text, at: start, becomes })
    becomes += text.length
  }
}

/** Where a range of what the value becomes stands in the value, if in one piece. */
function sole(pieces: readonly Piece[], start: number, end: number): { start: number; end: number } | undefined {
  const piece = pieces.find(({ text, becomes }) => becomes <= start && end <= becomes + text.length)
  if (piece === undefined) return undefined
  const shift = piece.at - piece.becomes
  return { start: start + shift, end: end + shift }
}

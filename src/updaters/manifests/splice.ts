import { isDigest } from '../../image/digest.js'
import { ManifestError } from './errors.js'
import type { Place, PlaceEdit } from './place.js'
import { writeEmbedded, writeScalar } from './scalar.js'
import { sourceOf } from './source.js'
import { type Change, changesOnlyValues } from './verify.js'

/**
 * Writes new values at places of a file, and not one byte elsewhere but quotes that a value needs and digests that edits add.
 * Quotes that stand stay.
 *
 * The places must come from a scan of the same bytes. What was written is read again: throws `ManifestError`
 * `NOT_ONLY_TARGET` where it says anything but the old file with the new values, `UNWRITABLE_VALUE` where a value is no
 * image's text. All edits are done or none. Returns the same bytes where every value stands already.
 */
export function spliceManifest(file: string, bytes: Uint8Array, edits: readonly PlaceEdit[]): Uint8Array {
  const changing = edits.filter(({ place, value, digest }) => value !== place.value || digest !== undefined)
  if (changing.length === 0) return bytes
  const { text, base } = sourceOf(bytes)
  const changes = changing.flatMap((edit) => changesOf(text, edit, base)).sort((a, b) => a.start - b.start)
  const after = applyChanges(text, changes)
  if (after === undefined || !changesOnlyValues(file, text, after, changes)) {
    const lines = [...new Set(changing.map(({ place }) => place.line))].slice(0, 10).join(', ')
    throw new ManifestError(
      'NOT_ONLY_TARGET',
      `Cannot update "${file}" at line ${lines}: more than the values would change`,
    )
  }
  return Buffer.concat([bytes.subarray(0, base), Buffer.from(after, 'latin1')])
}

function changesOf(text: string, { place, value, digest }: PlaceEdit, base: number): readonly Change[] {
  const start = place.start - base
  const end = place.end - base
  const change = { start, end, from: place.value, to: value }
  const changes = value === place.value ? [] : [{ ...change, written: writtenAt(text, place, value, base) }]
  return digest === undefined ? changes : [...changes, insertionOf(text, place, digest, base)]
}

function writtenAt(text: string, { start, end, embedded }: Place, value: string, base: number): string {
  return embedded ? writeEmbedded(value) : writeScalar(text, start - base, end - base, value)
}

function insertionOf(text: string, { start: tag, pin }: Place, digest: string, base: number): Change {
  if (pin === undefined || pin === 'inside' || !isDigest(digest))
    throw new ManifestError('UNWRITABLE_VALUE', 'Cannot add a digest: it is none, or has no place of its own')
  const start = pin.start - base
  const end = pin.end - base
  const written = `${pin.before}${digest}${pin.after}`
  return {
    start,
    end,
    written,
    from: text.slice(start, end),
    to: digest,
    ...(pin.withKey && { keyBehind: tag - base }),
  }
}

/** Undefined where changes overlap or lie outside. */
function applyChanges(text: string, changes: readonly Change[]): string | undefined {
  const pieces: string[] = []
  let at = 0
  for (const { start, end, written } of changes) {
    if (start < at || end < start || end > text.length) return undefined
    pieces.push(text.slice(at, start), written)
    at = end
  }
  pieces.push(text.slice(at))
  return pieces.join('')
}

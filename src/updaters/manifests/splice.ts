import { ManifestError } from './errors.js'
import type { Place, PlaceEdit } from './place.js'
import { writeScalar } from './scalar.js'
import { sourceOf } from './source.js'
import { type Change, changesOnlyValues } from './verify.js'

/**
 * Writes new values at places of a file, and not one byte elsewhere but quotes that a value needs. Quotes that stand stay.
 *
 * The places must come from a scan of the same bytes. What was written is read again: throws `ManifestError`
 * `NOT_ONLY_TARGET` where it says anything but the old file with the new values, `UNWRITABLE_VALUE` where a value is no
 * image's text. All edits are done or none. Returns the same bytes where every value stands already.
 */
export function spliceManifest(file: string, bytes: Uint8Array, edits: readonly PlaceEdit[]): Uint8Array {
  const changing = edits
    .filter(({ place, value }) => value !== place.value)
    .sort((a, b) => a.place.start - b.place.start)
  if (changing.length === 0) return bytes
  const { text, base } = sourceOf(bytes)
  const changes = changing.map(({ place, value }) => changeOf(text, place, value, base))
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

function changeOf(text: string, place: Place, value: string, base: number): Change {
  const start = place.start - base
  const end = place.end - base
  return { start, end, written: writeScalar(text, start, end, value), from: place.value, to: value }
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

import assert from 'node:assert/strict'
import { formatReference } from '../../../src/image/reference.js'
import type { Place, PlaceEdit } from '../../../src/updaters/manifests/place.js'

/** Without a marker, a reference that names no tag is left to what completes it. */
export function isWritten({ kind, image, marker }: Place): boolean {
  return kind !== 'reference' || marker?.type === 'policy' || (image.tag ?? image.digest) !== undefined
}

/** An edit such as an update makes, of whatever place, that adds a digest where one can be added. */
export function editOf(place: Place, newTag: string, newDigest: string): PlaceEdit {
  const isApart = place.pin !== undefined && place.pin !== 'inside'
  const version = { tag: newTag, ...(place.value.includes('@') && { digest: newDigest }) }
  const name = place.image.name ?? 'app'
  const values = {
    name: 'ghcr.io/org/other',
    digest: newDigest,
    tag: formatReference({ name: '', ...version }).slice(1),
    reference: formatReference({ name, ...version }),
  }
  return { place, value: values[place.kind], ...(isApart && { digest: newDigest }) }
}

interface Range {
  readonly start: number
  readonly end: number
  readonly texts: readonly string[]
  readonly edit: PlaceEdit
}

function rangesOf(edits: readonly PlaceEdit[]): readonly Range[] {
  const ranges = edits.flatMap((edit): readonly Range[] => {
    const { place, value, digest } = edit
    const { start, end, pin } = place
    const own = value === place.value ? [] : [{ start, end, texts: [value, `"${value}"`], edit }]
    if (digest === undefined || pin === undefined || pin === 'inside') return own
    return [...own, { start: pin.start, end: pin.end, texts: [`${pin.before}${digest}${pin.after}`], edit }]
  })
  return ranges.sort((a, b) => a.start - b.start)
}

/** Everything but the ranges is as it was, and they have the new values. Returns where each edited value now begins. */
export function checkBytes(
  before: Uint8Array,
  after: Uint8Array,
  edits: readonly PlaceEdit[],
): ReadonlyMap<PlaceEdit, number> {
  const [was, is] = [Buffer.from(before).toString('latin1'), Buffer.from(after).toString('latin1')]
  const moved = new Map<PlaceEdit, number>()
  let at = 0
  let from = 0
  for (const { start, end, texts, edit } of rangesOf(edits)) {
    const kept = was.slice(from, start)
    assert.equal(is.slice(at, at + kept.length), kept)
    at += kept.length
    const text = texts.find((each) => is.startsWith(each, at))
    assert.ok(text !== undefined, `${JSON.stringify(is.slice(at, at + 80))} is none of ${JSON.stringify(texts)}`)
    if (edit.place.start === start) moved.set(edit, at + (text.startsWith('"') ? 1 : 0))
    at += text.length
    from = end
  }
  assert.equal(is.slice(at), was.slice(from))
  return moved
}

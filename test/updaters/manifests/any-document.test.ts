import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Document, isMap, isScalar, type Pair, parseAllDocuments, type Scalar, visit, type YAMLMap } from 'yaml'
import type { PlaceEdit } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { sourceOf } from '../../../src/updaters/manifests/source.js'
import { spliceManifest } from '../../../src/updaters/manifests/splice.js'
import { anyDocuments } from './documents.js'
import { checkBytes, editOf, isWritten } from './edits.js'

const file = fc.constantFrom('values.yaml', 'kustomization.yaml')
const digest = fc.stringMatching(/^sha256:[0-9a-f]{64}$/)
const tag = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/),
  fc.constantFrom('1.10', 'on', '1e5', '0x1'),
)
const paths = fc.subarray([
  '*',
  '*.tag',
  '*.*',
  'image',
  'spec.image.tag',
  'images[*]',
  '[0]',
  '[*].image',
  'x.y',
  'b\\.c',
])
const picks = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 })

test('any edit of any document changes the bytes of its values, and their meaning alone', () => {
  let edited = 0
  fc.assert(
    fc.property(file, anyDocuments, paths, picks, tag, digest, (file, text, asked, picked, newTag, newDigest) => {
      const bytes = Buffer.from(text)
      const places = scanManifest(file, bytes, asked).places.filter(isWritten)
      const edits = places
        .filter((_, at) => picked[at % picked.length])
        .map((place) => editOf(place, newTag, newDigest))

      const written = spliceManifest(file, bytes, edits)

      const moved = checkBytes(bytes, written, edits)
      assert.deepEqual(meaningOf(written), meaningAfter(bytes, edits))
      checkAgain(file, written, asked, moved)
      edited += edits.length
    }),
    { numRuns: 1_000, includeErrorInReport: true },
  )
  assert.ok(edited > 300, `${edited}`)
})

/** What is found now has the new values, and another edit with them changes nothing. */
function checkAgain(
  file: string,
  written: Uint8Array,
  asked: readonly string[],
  moved: ReadonlyMap<PlaceEdit, number>,
) {
  const { places } = scanManifest(file, written, asked)
  // A marker may say of a value what it is not, and so change what the values beside it are.
  if ([...moved.keys()].some(({ place }) => place.marker !== undefined)) return
  const again = [...moved].map(([{ value }, start]) => {
    const place = places.find((each) => each.start === start)
    assert.equal(place?.value, value)
    return { place, value }
  })
  assert.equal(spliceManifest(file, written, again), written)
}

function parsed(bytes: Uint8Array): readonly Document.Parsed[] {
  const documents = parseAllDocuments(sourceOf(bytes).text, { uniqueKeys: false }) as readonly Document.Parsed[]
  assert.deepEqual(
    documents.flatMap(({ errors }) => errors),
    [],
  )
  return documents
}

function meaningOf(bytes: Uint8Array): readonly unknown[] {
  return parsed(bytes).map((document) => document.toJS({ maxAliasCount: -1, mapAsMap: true }))
}

/** What the documents of the library mean once the edits are made in its own nodes. */
function meaningAfter(bytes: Uint8Array, edits: readonly PlaceEdit[]): readonly unknown[] {
  const { base } = sourceOf(bytes)
  const documents = parsed(bytes)
  for (const { place, value, digest } of edits) {
    const scalar = scalarAt(documents, place.start - base)
    const isPart = place.embedded || scalar.node.type?.startsWith('BLOCK')
    const old = isPart ? String(scalar.node.value) : place.value
    if (value !== place.value) scalar.node.value = old === place.value ? value : replacedLast(old, place.value, value)
    if (digest === undefined || place.pin === undefined || place.pin === 'inside') continue
    if (place.pin.withKey) scalar.map?.add({ key: 'digest', value: digest } as Pair, true)
    else scalarAt(documents, place.pin.start - base).node.value = digest
  }
  return documents.map((document) => document.toJS({ maxAliasCount: -1, mapAsMap: true }))
}

function scalarAt(documents: readonly Document.Parsed[], offset: number): { node: Scalar; map: YAMLMap | undefined } {
  const found: { node: Scalar; map: YAMLMap | undefined }[] = []
  for (const document of documents) {
    visit(document, {
      Scalar(_, node, path) {
        const [start, end] = node.range ?? [0, 0]
        const map = path.findLast((each): each is YAMLMap => isMap(each))
        if (start <= offset && offset <= end && isScalar(node)) found.push({ node, map })
      },
    })
  }
  const last = found.at(-1)
  assert.ok(last !== undefined)
  return last
}

function replacedLast(text: string, part: string, by: string): string {
  const at = text.lastIndexOf(part)
  assert.ok(at !== -1)
  return `${text.slice(0, at)}${by}${text.slice(at + part.length)}`
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatReference } from '../../../src/image/reference.js'
import { ManifestError } from '../../../src/updaters/manifests/errors.js'
import type { Place, PlaceEdit } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { spliceManifest } from '../../../src/updaters/manifests/splice.js'

const digest = fc.stringMatching(/^sha256:[0-9a-f]{64}$/)
const tag = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/),
  fc.stringMatching(/^[0-9]{1,3}[.e:x-]?[0-9]{0,2}$/).map((text) => text.replace(':', '_')),
)
const name = fc.constantFrom('app', 'org/app', 'ghcr.io/org/app', 'localhost:5000/a_b/c')
const reference = fc
  .record({ name, tag, digest: fc.option(digest, { nil: undefined, freq: 3 }) })
  .map((parts) =>
    formatReference(
      parts.digest === undefined ? { name: parts.name, tag: parts.tag } : { ...parts, digest: parts.digest },
    ),
  )

const quoted = (value: fc.Arbitrary<string>) =>
  fc.tuple(value, fc.constantFrom("'", '"')).map(([text, quote]) => `${quote}${text}${quote}`)
const noise = fc.constantFrom(
  '',
  '# image: x:1',
  'name: "größe 🌊"',
  'text: |\n  image: x:1\n  # tidemark: p',
  'list: [1, {a: b}]',
  '',
)
const entry = fc.oneof(
  fc.oneof(reference, quoted(reference)).map((value) => `image: ${value}`),
  fc.tuple(name, quoted(tag)).map(([repository, value]) => `{repository: ${repository} , tag: ${value}, digest: ''}`),
  fc.tuple(quoted(tag), digest).map(([value, hash]) => `repository: a/b\n  tag: ${value} # why\n  digest: ${hash}`),
)
const document = fc
  .record({
    start: fc.constantFrom('', '\ufeff', '---\n', '# top\n'),
    entries: fc.array(fc.tuple(noise, entry), { minLength: 1, maxLength: 6 }),
    newline: fc.constantFrom('\n', '\r\n'),
    end: fc.constantFrom('', '\n', '\n# end', '\n---\nimage: last:1\n'),
  })
  .map(({ start, entries, newline, end }) => {
    const lines = entries.flatMap(([other, value], index) => [other, `k${index}:`, `  ${value}`])
    return `${start}${lines.join('\n')}${end}`.replaceAll('\n', newline)
  })

test('a splice changes one value and nothing else', () => {
  fc.assert(
    fc.property(document, fc.nat(), tag, digest, (text, choice, newTag, newDigest) => {
      const bytes = Buffer.from(text)
      const before = scanManifest('app.yaml', bytes).places
      const place = before[choice % before.length] as Place
      const value = valueFor(place, newTag, newDigest)

      const written = spliceManifest('app.yaml', bytes, [{ place, value }])
      const after = scanManifest('app.yaml', written).places

      const index = before.indexOf(place)
      assert.deepEqual(
        after.map((other) => other.value),
        before.map((other, at) => (at === index ? value : other.value)),
      )
      assert.deepEqual(written.subarray(0, place.start), bytes.subarray(0, place.start))
      assert.deepEqual(written.subarray(written.length - bytes.length + place.end), bytes.subarray(place.end))
      assert.equal(spliceManifest('app.yaml', written, [{ place: after[index] as Place, value }]), written)
    }),
    { numRuns: 300 },
  )
})

function valueFor(place: Place, newTag: string, newDigest: string): string {
  if (place.kind === 'digest') return newDigest
  return place.kind === 'tag' ? newTag : formatReference({ name: place.image.name ?? 'app', tag: newTag })
}

const scrap = fc.constantFrom(
  ...[
    'image',
    'tag',
    'repository',
    'images',
    'digest',
    'newTag: v1',
    'name: a/b',
    'url: oci://a.io/b',
    'kustomize: ',
    'helm: ',
    'parameters: ',
    'version: v1',
    'a=a/b:1',
    '${X:-',
    ': ',
    ':',
    '- ',
    '\n',
    '\n  ',
    '\r\n',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ', ',
  ],
  ...[
    '&a ',
    '*a',
    '<<: ',
    '? ',
    '| ',
    '> ',
    '!!str ',
    '!!omap ',
    '!!pairs ',
    '!!set ',
    '!!binary ',
    '!!timestamp ',
    '!!seq ',
    '!!map ',
    '!x ',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '\t',
    '# ',
    'a/b:1',
    '1.10',
    '~',
    '{{ x }}',
    '=',
  ],
  ...[
    ' # tidemark: p',
    ' # tidemark: ignore',
    ' # {"$imagepolicy": "a:b:tag"}',
    ' # tidemark: hold',
    '\ufeff',
    'ä',
    '\0',
  ],
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(scrap, { maxLength: 40 }).map((scraps) => Buffer.from(`image: ${scraps.join('')}`)),
)
const file = fc.constantFrom('app.yaml', 'kustomization.yaml', 'Kustomization', 'values.json', 'app.tpl', '')

test('a scan takes any bytes, and a splice writes what it found or refuses', () => {
  fc.assert(
    fc.property(file, bytes, digest, (name, content, newDigest) => {
      for (const place of scanManifest(name, content).places) {
        const value = valueFor(place, 'v9.9.9', newDigest)
        const written = spliceOrRefuse(name, content, { place, value })
        assert.ok(written === undefined || scanManifest(name, written).places.some((found) => found.value === value))
        if (place.pin === undefined || place.pin === 'inside') continue
        const pinned = spliceOrRefuse(name, content, { place, value, digest: newDigest })
        assert.ok(pinned === undefined || scanManifest(name, pinned).places.some(isAt(place.kind, value, newDigest)))
      }
    }),
    { numRuns: 3000 },
  )
})

function isAt(kind: Place['kind'], value: string, newDigest: string): (place: Place) => boolean {
  return (place) => place.kind === kind && place.value === value && place.image.digest === newDigest
}

// A broken document may become YAML by the new value, which would be more than a value's change.
function spliceOrRefuse(name: string, content: Uint8Array, edit: PlaceEdit): Uint8Array | undefined {
  try {
    return spliceManifest(name, content, [edit])
  } catch (error) {
    assert.ok(error instanceof ManifestError && error.code === 'NOT_ONLY_TARGET')
    return undefined
  }
}

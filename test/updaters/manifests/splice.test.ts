import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManifestError } from '../../../src/updaters/manifests/errors.js'
import type { Place } from '../../../src/updaters/manifests/place.js'
import { isPlainText } from '../../../src/updaters/manifests/scalar.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { spliceManifest } from '../../../src/updaters/manifests/splice.js'

const FILE = 'apps/values.yaml'

const PLAIN =
  'v1.0.0 1.2.3 1.2.3-rc.1 myapp sha256-abc release-2024 ghcr.io/org/app:1@sha256:0 12-30 e5 0xg nope 1.2.x _1 1.2+b'
const QUOTED = `16 1.10 1. .5 1_000 0755 08 0b11 0o7 0x1f 0XFF 1e3 1E3 1.5e-3 12345e7 12:30 1:02:03.4 2024-01-01 2024-1-1
  2024-01-01T10:00:00Z true True false yes Yes no NO on off y N null Null .inf .NaN -latest @ref +1 -1 a: [::1]:5000/a`

for (const value of PLAIN.split(/\s+/)) {
  test(`${value} can stand without quotes`, () => assert.equal(isPlainText(value), true))
}
for (const value of QUOTED.split(/\s+/)) {
  test(`${value} needs quotes`, () => {
    assert.equal(isPlainText(value), false)
    assert.equal(splice('image: a:1\n', value), `image: "${value}"\n`)
    assert.equal(splice("image: 'a:1'\n", value), `image: '${value}'\n`)
    assert.equal(splice('TAG=a:1 # tidemark: p\n', value, '.env'), `TAG=${value} # tidemark: p\n`)
  })
}

const UNWRITABLE = ['', 'a b', 'a\nb', 'a"b', "a'b", 'a\\b', 'a#b', '{{ x }}', 'ä', '\0', 'a,b', 'a'.repeat(1001)]

for (const value of UNWRITABLE) {
  test(`refuses to write ${JSON.stringify(value.slice(0, 20))}`, () => {
    assert.throws(() => splice('image: a:1\n', value), error('UNWRITABLE_VALUE', /^Cannot write "/))
  })
}

test('several values are written at once, in any order of the edits', () => {
  const bytes = Buffer.from('a: {image: a:1}\nb: {image: b:1}\n')
  const edits = scanManifest(FILE, bytes).places.map((place) => ({ place, value: `${place.image.name}:1.10.0` }))
  assert.equal(text(spliceManifest(FILE, bytes, edits.reverse())), 'a: {image: a:1.10.0}\nb: {image: b:1.10.0}\n')
})

test('a value that stands already is not written, not even to quote it', () => {
  const bytes = Buffer.from('{repository: a/b, tag: 1.10}')
  const edits = scanManifest(FILE, bytes).places.map((place) => ({ place, value: '1.10' }))
  assert.equal(spliceManifest(FILE, bytes, edits), bytes)
})

const [GOOD] = scanManifest(FILE, Buffer.from('x: y\nimage: a:1\n')).places as [Place]

/** Places that do not come from a scan of the bytes. */
const STRAY: readonly (readonly [string, string, Partial<Place>])[] = [
  ['another value', 'x: y\nimage: a:2\n', {}],
  ['a key', 'x: y\nimage: a:1\n', { start: 5, end: 10 }],
  ['half of a value', 'x: y\nimage: a:1\n', { end: 13 }],
  ['more than a value', 'x: y\nimage: a:1\nb: c\n', { end: 17 }],
  ['a comment', 'x: y\n#mage: a:1\n', {}],
  ['blanks of a block', 'x: |\n  a  b\n  a\n', { start: 8, end: 10, value: '  ' }],
  ['an alias', 'x: &a b\nimage: *a\n', { start: 15, end: 17, value: '*a' }],
  ['nothing', 'x: y\n', {}],
  ['a range that is none', 'x: y\nimage: a:1\n', { start: 14, end: 12 }],
  ['what is no YAML', 'x: y\nimage: a:1\n [', {}],
  ['what nests too deeply', `x: y\nimage: a:1\nz: ${'['.repeat(1000)}`, {}],
]

for (const [name, content, other] of STRAY) {
  test(`refuses to edit ${name}`, () => {
    const edits = [{ place: { ...GOOD, ...other }, value: 'a:2.0' }]
    const expected = error('NOT_ONLY_TARGET', /^Cannot update "apps\/values.yaml" at line 2: /)
    assert.throws(() => spliceManifest(FILE, Buffer.from(content), edits), expected)
  })
}

test('refuses to rename a key that an alias stands for', () => {
  const bytes = Buffer.from('data: { &k v1.0: x }\nimage: { repository: a/b, tag: *k }\n')
  const [place, ...more] = scanManifest(FILE, bytes).places
  assert.deepEqual([place?.value, more], ['v1.0', []])
  assert.throws(() => spliceManifest(FILE, bytes, [{ place: place as Place, value: 'v2' }]), error('NOT_ONLY_TARGET'))
})

test('refuses two values for one place', () => {
  const edits = ['a:2', 'a:3'].map((value) => ({ place: GOOD, value }))
  assert.throws(() => spliceManifest(FILE, Buffer.from('x: y\nimage: a:1\n'), edits), error('NOT_ONLY_TARGET'))
})

test('refuses a text line whose marker would change', () => {
  const bytes = Buffer.from('image: a:1 # tidemark: p\n')
  const [place] = scanManifest('x.tpl', bytes).places as [Place]
  const edits = [{ place: { ...place, end: place.end + 3 }, value: 'a:2' }]
  assert.throws(() => spliceManifest('x.tpl', bytes, edits), error('NOT_ONLY_TARGET'))
})

function splice(content: string, value: string, file = FILE): string {
  const bytes = Buffer.from(content)
  return text(
    spliceManifest(
      file,
      bytes,
      scanManifest(file, bytes).places.map((place) => ({ place, value })),
    ),
  )
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}

function error(code: ManifestError['code'], message = /^Cannot/) {
  return (thrown: unknown) => {
    assert.ok(thrown instanceof ManifestError)
    assert.equal(thrown.code, code)
    assert.match(thrown.message, message)
    return true
  }
}

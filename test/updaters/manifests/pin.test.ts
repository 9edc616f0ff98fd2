import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Place } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'
import { spliceManifest } from '../../../src/updaters/manifests/splice.js'

const DIGEST = `sha256:${'d'.repeat(64)}`
const FILE = 'kustomization.yaml'

/** What stands in a kustomization, and what it is with the tag `v2` and the digest, which is shown as `D`. */
const ADDED: readonly (readonly [string, string, string])[] = [
  ['on a line behind', 'images:\n- name: a/b\n  newTag: v1\n', 'images:\n- name: a/b\n  newTag: v2\n  digest: D\n'],
  [
    'behind a first key',
    'images:\n-   newTag: v1\n    name: a/b\n',
    'images:\n-   newTag: v2\n    digest: D\n    name: a/b\n',
  ],
  [
    'behind a comment',
    'images:\n- name: a/b\n  newTag: v1 # x\n',
    'images:\n- name: a/b\n  newTag: v2 # x\n  digest: D\n',
  ],
  ['behind the last line', 'images:\n- name: a/b\n  newTag: v1', 'images:\n- name: a/b\n  newTag: v2\n  digest: D'],
  ['with CRLF', 'images:\r\n- name: a/b\r\n  newTag: v1', 'images:\r\n- name: a/b\r\n  newTag: v2\r\n  digest: D'],
  [
    'before the next document',
    'images:\n- {name: a/b,\n   newTag: v1}\n---\na: b\n',
    'images:\n- {name: a/b,\n   newTag: v2, digest: D}\n---\na: b\n',
  ],
  ['in braces', 'images: [{newTag: "v1" , name: a/b}]', 'images: [{newTag: "v2", digest: D , name: a/b}]'],
  ['in JSON', '{"images":[{"name":"a/b","newTag":"v1"}]}', '{"images":[{"name":"a/b","newTag":"v2", "digest": "D"}]}'],
  [
    'in single quotes',
    "images:\n- name: a/b\n  'newTag': v1\n",
    "images:\n- name: a/b\n  'newTag': v2\n  'digest': D\n",
  ],
  [
    'in a file with a mark',
    '\ufeffimages:\n- name: a/b\n  newTag: v1\n',
    '\ufeffimages:\n- name: a/b\n  newTag: v2\n  digest: D\n',
  ],
  [
    'instead of an empty text',
    "images:\n- {name: a/b, newTag: v1, digest: ''}\n",
    "images:\n- {name: a/b, newTag: v2, digest: 'D'}\n",
  ],
  [
    'instead of nothing',
    'images:\n- name: a/b\n  digest:\n  newTag: v1\n',
    'images:\n- name: a/b\n  digest: D\n  newTag: v2\n',
  ],
  [
    'instead of null',
    'images:\n- name: a/b\n  digest: ~ # x\n  newTag: v1\n',
    'images:\n- name: a/b\n  digest: D # x\n  newTag: v2\n',
  ],
  [
    'before a comment',
    'images:\n- name: a/b\n  newTag: v1\n  digest:  # x\n',
    'images:\n- name: a/b\n  newTag: v2\n  digest:  D # x\n',
  ],
]

for (const [name, before, after] of ADDED) {
  test(`a digest is added ${name}`, () => {
    const written = spliceManifest(FILE, Buffer.from(before), [editOf(before)])
    assert.equal(Buffer.from(written).toString(), after.replace(/D/g, DIGEST))
    const [place] = scanManifest(FILE, written).places
    assert.equal(place?.image.digest, DIGEST)
    assert.equal(place?.pin, undefined)
  })
}

test('a digest is added to a tag that stays', () => {
  const text = 'images:\n- name: a/b\n  newTag: v2\n'
  const written = spliceManifest(FILE, Buffer.from(text), [editOf(text)])
  assert.equal(Buffer.from(written).toString(), `${text}  digest: ${DIGEST}\n`)
})

const NONE: readonly (readonly [string, string])[] = [
  ['a tag with a digest', `images: [{name: a/b, newTag: v1, digest: "${DIGEST}"}]`],
  ['a tag by an alias', 'x: &x v1\nimages: [{name: a/b, newTag: *x}]'],
  ['a merged tag', 'x: &x {newTag: v1}\nimages: [{name: a/b, <<: *x}]'],
  ['an empty digest that is merged', 'x: &x {digest: ""}\nimages: [{name: a/b, newTag: v1, <<: *x}]'],
  ['an empty digest with an anchor', 'images:\n- name: a/b\n  newTag: v1\n  digest: &x\n'],
  ['an empty digest with a marker', 'images:\n- name: a/b\n  newTag: v1\n  digest: "" # tidemark: p:digest\n'],
  ['a value on the next line', 'images:\n- name: a/b\n  newTag:\n    v1\n'],
  ['an explicit key', 'images:\n- name: a/b\n  ? newTag\n  : v1\n'],
  ['a version', '{repository: r.io/a, version: v1}'],
  ['a name', 'x: a/b # tidemark: p:name\n'],
  ['a tag that only a marker makes one', 'x: v1 # tidemark: p:tag\n'],
]

for (const [name, text] of NONE) {
  test(`no digest can be added to ${name}`, () => {
    const { places } = scanManifest(FILE, Buffer.from(text))
    assert.ok(places.length > 0)
    assert.deepEqual(
      places.map(({ pin }) => pin).filter((pin) => pin !== undefined),
      [],
    )
  })
}

const INSIDE: readonly (readonly [string, string])[] = [
  ['a reference', 'image: a/b:v1\n'],
  ['a tag beside a repository', '{repository: a/b, tag: v1}'],
  ['a tag whose repository stands elsewhere', 'tag: v1 # tidemark: p:tag\n'],
  ['a marked reference', 'x: v1 # tidemark: p\n'],
  ['a marked line of a block', 'x: |\n  y: a/b:v1 # tidemark: p\n'],
]

for (const [name, text] of INSIDE) {
  test(`a digest may stand in ${name}`, () => {
    assert.deepEqual(
      scanManifest('values.yaml', Buffer.from(text)).places.map(({ pin }) => pin),
      ['inside'],
    )
  })
}

test('refuses to add what is no digest, or where none can be', () => {
  const text = 'images: [{name: a/b, newTag: v1}]'
  const edit = editOf(text)
  const { pin: _, ...bare } = edit.place
  const refused = { name: 'ManifestError', code: 'UNWRITABLE_VALUE', message: /^Cannot add a digest/ }
  for (const edits of [
    [{ ...edit, digest: 'v1' }],
    [{ ...edit, place: bare }],
    [{ ...edit, place: { ...bare, pin: 'inside' as const } }],
  ]) {
    assert.throws(() => spliceManifest(FILE, Buffer.from(text), edits), refused)
  }
})

test('refuses a line that would be more than a digest', () => {
  const text = 'images: [{name: a/b, newTag: v1}]'
  const edit = editOf(text)
  for (const before of [', other: ', ', x: 1, digest: ', '', ', digest: x']) {
    const place = { ...edit.place, pin: { ...(edit.place.pin as object), before } } as Place
    assert.throws(() => spliceManifest(FILE, Buffer.from(text), [{ ...edit, place }]), { code: 'NOT_ONLY_TARGET' })
  }
})

function editOf(text: string) {
  const [place, ...others] = scanManifest(FILE, Buffer.from(text)).places
  assert.ok(place !== undefined && others.length === 0)
  return { place, value: 'v2', digest: DIGEST }
}

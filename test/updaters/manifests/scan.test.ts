import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Composer } from 'yaml'
import type { Scan } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'

const FLUX = '{"$imagepolicy": "n:p"}'
const DIGEST = `sha256:${'1'.repeat(64)}`

test('a place has its byte range, line, value and image', () => {
  const text = `# Größe\nspec:\n  image: "ghcr.io/org/app:1.2@${DIGEST}" # tidemark: hold zu groß\n`

  const { places, warnings } = scan(text)

  assert.deepEqual(warnings, [])
  const value = `ghcr.io/org/app:1.2@${DIGEST}`
  const start = Buffer.from(text).indexOf('ghcr.io')
  const image = { name: 'ghcr.io/org/app', tag: '1.2', digest: DIGEST }
  const marker = { type: 'hold', reason: 'zu groß' }
  assert.deepEqual(places, [{ kind: 'reference', start, end: start + value.length, line: 3, value, image, marker }])
})

test('offsets count from the start of the file, byte order mark included', () => {
  assert.equal(scan('\ufeffimage: app:1\n').places[0]?.start, 10)
})

/** Each place as `kind value ← image, marker`. */
const FOUND: readonly (readonly [string, string, readonly string[]])[] = [
  ['a bare repository', 'image: nginx\n', ['reference nginx ← nginx']],
  ['a port is no tag', 'image: localhost:5000/app\n', ['reference localhost:5000/app ← localhost:5000/app']],
  ['no reference', 'image: $TAG\n', []],
  ['an object', 'image:\n  type: string\n', []],
  ['a number', 'image: 12\n', []],
  ['null', 'image:\nother: ~\n', []],
  ['a block', 'image: |-\n  nginx:1\n', []],
  ['what Helm calls a tag', '{repository: a/b, tag: 1.10}', ['tag 1.10 ← a/b:1.10']],
  ['a registry beside', '{registry: r.io, repository: a/b, tag: "1"}', ['tag 1 ← r.io/a/b:1']],
  ['an empty registry', '{registry: "", repository: a/b, tag: "1"}', ['tag 1 ← a/b:1']],
  ['a registry that is no text', '{registry: [], repository: a/b, tag: "1"}', []],
  ['an image beside its registry and tag', '{registry: r.io, image: a/b, tag: "1"}', ['tag 1 ← r.io/a/b:1']],
  ['an image beside its tag', '{image: a/b, tag: "1"}', ['tag 1 ← a/b:1']],
  ['an image beside an empty tag', '{image: a/b, tag: ""}', []],
  ['a whole image beside a tag', '{image: a/b:2, tag: "1"}', ['reference a/b:2 ← a/b:2']],
  ['a name and version', 'a: {name: ghcr.io/a/b, version: 1.0}\nimage:\n', []],
  ['a name behind its registry', '{registry: r.io, name: a/b, version: 1.0}', ['tag 1.0 ← r.io/a/b:1.0']],
  ['a name below an image', 'image: {name: a, tag: v1}\n', ['tag v1 ← a:v1']],
  ['a name in a list of images', 'images: [{name: a, tag: v1}]\n', ['tag v1 ← a:v1']],
  ['a name of anything', 'user: {name: a, tag: v1}\n', []],
  ['a version beside a tag', '{repository: r.io/a, tag: v1, version: "2"}', ['tag v1 ← r.io/a:v1']],
  ['a version beside a reference', '{image: "r.io/a:v1", version: v1}', ['reference r.io/a:v1 ← r.io/a:v1']],
  ['a version that is a range', '{image: r.io/a, version: ">1"}', ['reference r.io/a ← r.io/a']],
  [
    'a global registry before a name',
    'global: {imageRegistry: r.io}\na: {repository: a/b, tag: v1}\n',
    ['tag v1 ← r.io/a/b:v1'],
  ],
  [
    'a global registry that is empty',
    'global: {imageRegistry: ""}\na: {repository: a/b, tag: v1}\n',
    ['tag v1 ← a/b:v1'],
  ],
  ['a digest in a list of images', `images: {digest: ${DIGEST}, registry: "localhost:5000"}\n`, []],
  ['a registry beside a digest', `{registry: r.io, image: "a/b@${DIGEST}"}`, [`digest ${DIGEST} ← r.io/a/b@${DIGEST}`]],
  ['an argument', '- --image=a/b:1 # tidemark: p\n', ['reference a/b:1 ← a/b:1, policy p:reference']],
  ['an item below a marker', `a:\n# ${FLUX}\n- "a/b:1"\n- c:1\n`, ['reference a/b:1 ← a/b:1, policy n/p:reference']],
  ['a line of a block', 'a: |\n  x\n  b=a/b:1 # tidemark: p\n', ['reference a/b:1 ← a/b:1, policy p:reference']],
  ['a parameter that is a reference', 'helm: {parameters: [{name: image, value: "a:1"}]}\n', ['reference a:1 ← a:1']],
  [
    'parameters of two images',
    'helm: {parameters: [{name: a.image.tag, value: v1}, {name: b.image.name, value: b}]}\n',
    [],
  ],
  ['parameters that are no list', 'helm: {parameters: {image: a:1}}\n', ['reference a:1 ← a:1']],
  ['a tag without a repository', 'tag: 1.0\n', []],
  [
    'both parts by one marker',
    `tag: v1\ndigest: ${DIGEST} # tidemark: p:digest\n`,
    [`tag v1 ← :v1@${DIGEST}, policy p:tag`, `digest ${DIGEST} ← :v1@${DIGEST}, policy p:digest`],
  ],
  ['a part that contradicts', 'repository: a/b\ntag: v1 # tidemark: p\n', ['reference v1 ← v1, policy p:reference']],
  ['an anchor, once', 'image: &a a/b:1\nb: {image: *a}\n', ['reference a/b:1 ← a/b:1']],
  ['a cycle of aliases', 'a: &a\n  <<: *a\n  b: *a\n  image: a/b:1\n', ['reference a/b:1 ← a/b:1']],
  [
    'merged maps, the first wins',
    'a: &a {repository: a/a}\nb: &b {repository: b/b}\nc: {<<: [*a, *b], tag: v1}\n',
    ['tag v1 ← a/a:v1'],
  ],
]

for (const [name, text, expected] of FOUND) {
  test(`finds ${name}`, () => {
    const { places, warnings } = scan(text)
    const shown = places.map(({ kind, value, image, marker }) => {
      const digest = image.digest === undefined ? '' : `@${image.digest}`
      const tag = image.tag === undefined ? '' : `:${image.tag}`
      const said = marker?.type === 'policy' ? `, policy ${marker.policy}:${marker.part}` : ''
      return `${kind} ${value} ← ${image.name ?? ''}${tag}${digest}${said}`
    })
    assert.deepEqual(shown, expected)
    assert.deepEqual(warnings, [])
  })
}

const WARNED: readonly (readonly [string, string, number, RegExp])[] = [
  ['a malformed marker', 'image: a:1 # tidemark: hold\n', 1, /needs a reason/],
  ['a marker on a line of its own', '# tidemark: p\nimage: a:1 # tidemark: ignore\n', 1, /no value/],
  ['a marker above a key', `# ${FLUX}\nimage: []\n`, 1, /no value/],
  ['a marker behind the key of a list', `a: # ${FLUX}\n- b\n`, 1, /no value/],
  ['a marker above a map', `a:\n# ${FLUX}\n- x: y\n`, 2, /no value/],
  ['a marker above a list', `a:\n# ${FLUX}\n- [b, c]\n`, 2, /no value/],
  ['a marker above nothing', `a:\n- b\n# ${FLUX}`, 3, /no value/],
  ['our marker above an item', `a:\n# tidemark: p\n- a/b:1\n`, 2, /no value/],
  ['a marker behind a key', 'a:\n  image: # tidemark: p\n    repository: x\n', 2, /no value/],
  ['a marker above a block', 'image: | # tidemark: p\n  a\n', 1, /no value/],
  ['a marker behind several values', '{image: a:1, name: b} # tidemark: p:tag\n', 1, /several values/],
  ['a marker on an expression', '\nimage: "{{ .x }}:1" # tidemark: p\n', 2, /expression/],
  ['a marker on a part of an argument', '- --image=$X=a:1 # tidemark: p\n', 1, /expression/],
  ['a marker on an argument of another kind', '- --image=a/b # tidemark: p:tag\n', 1, /expression/],
  ['markers that disagree', 'a: &a x:1 # tidemark: p\nb: *a # tidemark: q\n', 2, /another one/],
  ['two registries', 'registry: r.io\nimage: ghcr.io/a/b:1\n', 2, /registry stands beside/],
  ['a tag in two variables', `image: a/b:\${MAJOR:-1}.\${MINOR:-2}\n`, 1, /made of several parts/],
  ['a variable before a suffix', `image: a/b:\${TAG:-1.2}-alpine\n`, 1, /made of several parts/],
  ['an unreadable digest beside a reference', 'image: a/b:1\ndigest: abc\n', 1, /cannot be read/],
  ['an unreadable digest', 'repository: a/b\ntag: v1\ndigest: abc\n', 2, /cannot be read/],
  ['a shared tag', 'a: {repository: a/a, tag: &t v1}\nb: {repository: b/b, tag: *t}\n', 1, /"a\/a" and "b\/b"/],
  ['what is no YAML', 'a: 1\nimage: [\n', 3, /Cannot read the YAML document: BAD_INDENT|MISSING_CHAR/],
  ['too many levels', `image: ${'['.repeat(100_000)}`, 1, /nest too deeply/],
  ['too many documents', `image: a\n${'---\n'.repeat(100_002)}`, 1, /are too many/],
  ['too many markers', `a: b # tidemark: p\n`.repeat(10_001), 1, /10000 markers/],
  ['too many bytes', `image: a${' '.repeat(10 * 2 ** 20)}`, 1, /10 MiB/],
]

for (const [name, text, line, message] of WARNED) {
  test(`warns of ${name}`, () => {
    const { places, warnings } = scan(text)
    assert.deepEqual(
      places.filter(({ marker }) => marker?.type !== 'ignore'),
      [],
    )
    assert.deepEqual(
      warnings.map((warning) => warning.line),
      [line],
    )
    assert.match(warnings[0]?.message ?? '', message)
  })
}

test('maps that merge one another without end are read in little time', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => `a${at + 1}: &a${at + 1} {<<: *a${at}}\n`).join('')
  const deep = scan(`a0: &a0 {tag: v1}\n${chain}<<: *a20000\nimage: a/b:1\n`)
  assert.deepEqual(placed(deep), ['a/b:1'])

  // Merged one by one, these would be 600 million.
  const list = `l: &l [${'*a,'.repeat(60_000)}]\nm: [${'{<<: *l},'.repeat(10_000)}]\n`
  const wide = scan(`a: &a {repository: a/b}\n${list}app: {<<: *l, tag: v1}\n`)
  assert.deepEqual(placed(wide), ['v1'])
})

test('the library tells errors where only the first is kept', () => {
  assert.equal(typeof Reflect.get(new Composer(), 'onError'), 'function')
  assert.deepEqual(Reflect.get(new Composer(), 'errors'), [])
})

test('only marked lines of a text that is no YAML are places', () => {
  for (const file of ['deployment.yaml.tpl', '.env', 'main.tf']) {
    const { places } = scan('image: a:1\nother: b:2 # tidemark: p\n', file)
    assert.deepEqual(
      places.map(({ value, line }) => [value, line]),
      [['b:2', 2]],
    )
  }
})

test('a commented-out line warns of nothing', () => {
  assert.deepEqual(scan('a: 1\n# image: a:1 # tidemark: p\n#- image: a # {"$imagepolicy": "a:b"}\n').warnings, [])
})

test('the base name decides, whatever the folder', () => {
  const text = 'images: [{name: a/b, newTag: v1}]\n'
  assert.equal(scan(text, 'kustomization.yaml').places.length, 1)
  assert.equal(scan(text, 'apps/Kustomization').places.length, 1)
  assert.equal(scan(text, 'my-kustomization.yaml').places.length, 0)
})

function placed({ places }: Scan): readonly string[] {
  return places.map(({ value }) => value)
}

function scan(text: string, file = 'app.yaml') {
  return scanManifest(file, Buffer.from(text))
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Place } from '../../../src/updaters/manifests/place.js'
import { scanManifest } from '../../../src/updaters/manifests/scan.js'

const DIGEST = `sha256:${'1'.repeat(64)}`

function scan(text: string, paths: readonly string[], file = 'values.yaml') {
  return scanManifest(file, Buffer.from(text), paths)
}

function led(text: string, ...paths: readonly string[]): readonly Place[] {
  return scan(text, paths).places.filter((place) => place.paths !== undefined)
}

/** As `line kind value`. */
function shown(text: string, ...paths: readonly string[]): readonly string[] {
  return led(text, ...paths).map(({ line, kind, value }) => `${line} ${kind} ${value}`)
}

function reasons(text: string, ...paths: readonly string[]): readonly string[] {
  return (scan(text, paths).deadEnds ?? []).map(({ line, reason }) => `${line}: ${reason}`)
}

describe('a path', () => {
  const text = `app:
  web: { tag: v1, a.b/c: v2, "0": v3 }
  list:
    - v4
    - { tag: v5 }
größe: v6
`
  const leading: readonly (readonly [path: string, values: readonly string[]])[] = [
    ['app.web.tag', ['2 tag v1']],
    ['app.web.a\\.b/c', ['2 tag v2']],
    ['app.web.0', ['2 tag v3']],
    ['app.web.:0', ['2 tag v3']],
    ['app.list[0]', ['4 tag v4']],
    ['app.list.0', ['4 tag v4']],
    ['app.list[1].tag', ['5 tag v5']],
    ['app.list[*].tag', ['5 tag v5']],
    ['app.*[*]', ['2 tag v1', '2 tag v2', '2 tag v3', '4 tag v4']],
    ['app.web.*', ['2 tag v1', '2 tag v2', '2 tag v3']],
    ['*', ['6 tag v6']],
    ['größe', ['6 tag v6']],
  ]
  for (const [path, values] of leading) it(`leads: ${path}`, () => assert.deepEqual(shown(text, path), values))

  const dead: readonly (readonly [path: string, reason: string])[] = [
    ['spec.tag', '1: the document has no key "spec" (it has app, größe)'],
    ['app.web.tagg', '2: app.web has no key "tagg" (it has tag, a.b/c, 0)'],
    ['app.web.a\\.b/c.x', '2: app.web.a\\.b/c is a single value, with neither keys nor items'],
    ['app.list.tag', '4: app.list is a list: it needs a number such as [0], or [*]'],
    ['app.list[2]', '4: app.list has no item 2 (it has 2, counted from 0)'],
    ['app.list.99999999999', '4: app.list is a list: it needs a number such as [0], or [*]'],
    ['app.list[*].tagg', '4: app.list[0] is a single value, with neither keys nor items'],
    ['app[0]', '2: app is no list, and has no item 0'],
    ['app', '2: it leads to a map (it has web, list)'],
    ['app.list', '4: it leads to a list of 2'],
    ['toString', '1: the document has no key "toString" (it has app, größe)'],
  ]
  for (const [path, reason] of dead) it(`leads nowhere: ${path}`, () => assert.deepEqual(reasons(text, path), [reason]))

  it('shows a few keys, each of some length', () => {
    const many = Array.from({ length: 12 }, (_, index) => `k${index}: v`).join('\n')
    assert.deepEqual(reasons(many, 'x'), [
      '1: the document has no key "x" (it has k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more)',
    ])
    assert.deepEqual(reasons(`${'k'.repeat(60)}: v`, 'x'), [
      `1: the document has no key "x" (it has ${'k'.repeat(50)}…)`,
    ])
  })

  it('tells what is empty', () => {
    assert.deepEqual(reasons('a: {}\nb: []\nc: {d}\n', 'a.x', 'a.*', 'b[*]', 'c.d'), [
      '1: a has no key "x" (it is empty)',
      '1: a is an empty map',
      '1: b is an empty list',
      '3: c.d is empty',
    ])
    assert.deepEqual(reasons('# nothing\n', 'a'), ['1: the document is empty'])
    assert.deepEqual(reasons('', 'a'), ['1: the document is empty'])
  })

  it('follows aliases and merges to where the value stands', () => {
    const anchors = `base: &base
  tag: &tag v1
  image: { tag: v2 }
one: { <<: *base, tag: *tag }
two: *base
three: { <<: [{ x: v3 }, *base], tag: v4 }
`
    assert.deepEqual(shown(anchors, 'one.tag'), ['2 tag v1'])
    assert.deepEqual(shown(anchors, 'one.image.tag'), ['3 tag v2'])
    assert.deepEqual(shown(anchors, 'two.image.tag'), ['3 tag v2'])
    assert.deepEqual(shown(anchors, 'three.x'), ['6 tag v3'])
    assert.deepEqual(shown(anchors, 'three.image.tag'), ['3 tag v2'])
    assert.deepEqual(shown(anchors, 'three.*'), ['6 tag v4'])
    const [place] = led(anchors, 'one.tag', 'two.tag', 'base.tag', 'three.tag')
    assert.deepEqual(place?.paths, ['one.tag', 'two.tag', 'base.tag'])
  })

  it('takes the last of keys that stand twice', () => {
    assert.deepEqual(shown('a: { tag: v1 }\na: { tag: v2, tag: v3 }\n', 'a.tag', '*.tag'), ['2 tag v3'])
  })

  it('holds for each document that has it', () => {
    const documents = 'a: { tag: v1 }\n---\nb: v\n---\na: { tag: v2 }\n'
    assert.deepEqual(shown(documents, 'a.tag'), ['1 tag v1', '5 tag v2'])
    assert.deepEqual(reasons(documents, 'a.tag'), [])
    assert.deepEqual(reasons(documents, 'a.x'), ['1: a has no key "x" (it has tag)'])
    assert.deepEqual(reasons('a: [\n---\nb: v\n', 'b.c'), ['3: b is a single value, with neither keys nor items'])
  })

  it('is not looked for where a key on the way stands nowhere in the file', () => {
    const plain = 'größe: { x: v1 }\n'
    assert.deepEqual(scan(plain, ['größe.z.x']).deadEnds, [
      { path: 'größe.z.x', depth: -1, line: 1, reason: 'the file has no key "z"' },
    ])
    assert.deepEqual(reasons(plain, 'größe.z.x', 'größe.y'), [
      '1: größe has no key "z" (it has x)',
      '1: größe has no key "y" (it has x)',
    ])
    assert.deepEqual(shown('"x\\x79": { z: v1 }\n', 'xy.z'), ['1 tag v1'])
  })

  it('leads nowhere in what is no YAML', () => {
    assert.deepEqual(scan('TAG=v1\n', ['TAG'], 'app.env').deadEnds, [
      { path: 'TAG', depth: -1, line: 1, reason: 'the file is no YAML' },
    ])
  })
})

describe('what stands at a path', () => {
  const values: readonly (readonly [yaml: string, place: string])[] = [
    ['x: 1.10', 'tag 1.10'],
    ['x: "latest"', 'tag latest'],
    [`x: ${DIGEST}`, `digest ${DIGEST}`],
    [`x: v1@${DIGEST}`, `tag v1@${DIGEST}`],
    ['x: org/app:v1', 'reference org/app:v1'],
    [`x: org/app@${DIGEST}`, `reference org/app@${DIGEST}`],
    ['x: app:5000', 'reference app:5000'],
    ['x: --image=org/app:v1', 'reference org/app:v1'],
    ['x: TAG=v1', 'tag v1'],
    ['x: nginx', 'tag nginx'],
    ['image: nginx', 'reference nginx'],
    ['sidecarImage: nginx', 'reference nginx'],
    [`sidecarImage: nginx@${DIGEST}`, `reference nginx@${DIGEST}`],
    ['images: [nginx]', 'reference nginx'],
  ]
  for (const [yaml, place] of values) {
    it(yaml, () => {
      const path = yaml.slice(0, yaml.indexOf(':'))
      assert.deepEqual(shown(yaml, path === 'images' ? 'images[0]' : path), [`1 ${place}`])
    })
  }

  const odd: readonly (readonly [yaml: string, reason: string])[] = [
    ['x: ""', 'nothing stands there that tells a reference from a tag or a digest'],
    ['x:', 'nothing stands there that tells a reference from a tag or a digest'],
    ['x: null', 'nothing stands there that tells a reference from a tag or a digest'],
    ['x: |\n  v1', 'what stands there is on several lines, in which only markers count'],
    ['x: "v1\\\n  2"', 'what stands there is on several lines, in which only markers count'],
    ['x: two words', 'what stands there is neither a reference, a tag nor a digest'],
    ['x: "{{ .Tag }}"', 'what stands there is neither a reference, a tag nor a digest'],
    ['x: --image org/app:v1', 'what stands there is neither a reference, a tag nor a digest'],
  ]
  for (const [yaml, reason] of odd) {
    it(`is told where it is no place: ${JSON.stringify(yaml)}`, () => {
      const { places, warnings, deadEnds } = scan(yaml, ['x'])
      assert.deepEqual(places, [])
      assert.equal(warnings[0]?.message, `Cannot follow the path "x": ${reason}`)
      assert.equal(deadEnds, undefined)
      assert.deepEqual(scan(yaml, ['*']).warnings, [])
    })
  }

  it('is what discovery finds there, with what belongs to it', () => {
    const text = `image: { repository: org/app, tag: v1, digest: ${DIGEST} }\n`
    const [tag, digest, ...more] = led(text, 'image.tag')
    assert.deepEqual([tag?.kind, tag?.undiscovered, digest?.kind, more], ['tag', undefined, 'digest', []])
    assert.deepEqual(tag?.image, { name: 'org/app', tag: 'v1', digest: DIGEST })
    assert.deepEqual(led(text, 'image.digest').length, 2)
    assert.deepEqual(shown(`image: app:\${TAG:-v1}\n`, 'image'), ['1 tag v1'])
  })

  it('has the digest beside a tag, whatever the image', () => {
    const text = `version: { tag: v1, digest: ${DIGEST} }\n`
    assert.deepEqual(
      led(text, 'version.tag').map(({ kind, undiscovered }) => [kind, undiscovered]),
      [
        ['tag', true],
        ['digest', true],
      ],
    )
  })

  it('is left alone where discovery doubts it', () => {
    const text = `image: { repository: org/app, tag: v1, digest: "\${DIGEST}" }\n`
    const { places, warnings } = scan(text, ['image.tag'])
    assert.deepEqual(places, [])
    assert.equal(warnings[0]?.message, 'Left alone: the tag or digest beside it cannot be read')
  })

  it('keeps the comment that stands beside it', () => {
    const [frozen] = led('x: v1 # tidemark: hold it leaks\n', 'x')
    assert.deepEqual(frozen?.marker, { type: 'hold', reason: 'it leaks' })
    const [marked] = led('x: v1 # tidemark: other:tag\n', 'x')
    assert.deepEqual(marked?.marker, { type: 'policy', policy: 'other', part: 'tag' })
    assert.deepEqual(scan('x: v1 # tidemark: hold\n', ['x']).places, [])
  })

  it('is where it stands in a file with a byte order mark', () => {
    const [place] = led('\ufeffa: v\nx: v1\n', 'x')
    assert.deepEqual([place?.start, place?.end, place?.line], [11, 13, 2])
  })
})

// Without an end where each way to a value is gone.
describe('paths in a hostile file', () => {
  it('cost no more for aliases that multiply', () => {
    const levels = Array.from({ length: 60 }, (_, n) => `a${n + 1}: &a${n + 1} {x: *a${n}, y: *a${n}, z: v}`)
    const text = `a0: &a0 {x: v1, y: v2}\n${levels.join('\n')}\n`
    assert.deepEqual(shown(text, `a60${'.*'.repeat(61)}`), ['1 tag v1', '1 tag v2'])
  })

  it('cost no more for merges that multiply', () => {
    const chain = Array.from({ length: 90 }, (_, n) => `c${n + 1}: &c${n + 1} { <<: [*c${n}, *c${n}] }`).join('\n')
    assert.deepEqual(shown(`c0: &c0 { tag: v1 }\n${chain}\n`, 'c90.tag'), [])
    assert.deepEqual(shown(`c0: &c0 { tag: v1 }\n${chain}\n`, 'c40.tag'), ['1 tag v1'])
    assert.deepEqual(reasons(`c0: &c0 { x: v1 }\n${chain}\n`, '*.tag'), ['1: c0 has no key "tag" (it has x)'])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileMatcher } from '../../src/updaters/files.js'
import { judge } from '../../src/updaters/judge.js'
import { scanManifest } from '../../src/updaters/manifests/scan.js'
import { pathsIn } from '../../src/updaters/path-claims.js'
import type { WritingPolicy } from '../../src/updaters/target.js'
import { IMAGE, NEW, NOON, OLD, policy, selects } from './judging.js'

/** A policy that goes by paths alone. */
function following(name: string, image: string, paths: readonly string[], globs = ['**/*.yaml']): WritingPolicy {
  const matches = fileMatcher(globs)
  return policy(name, image, { writesTo: matches, discoversIn: () => false, pathScopes: [{ globs, matches, paths }] })
}

function judged(files: Readonly<Record<string, string>>, ...policies: readonly WritingPolicy[]) {
  const pathsOf = pathsIn(policies)
  const scanned = Object.entries(files).map(([path, text]) => {
    const scan = scanManifest(path.slice(path.lastIndexOf('/') + 1), Buffer.from(text), pathsOf(path))
    return { path, oid: '0'.repeat(40), scan }
  })
  const author = { name: 'Tidemark', email: 'tidemark@localhost' }
  const target = { git: 'fleet', branch: 'main', author, policies, otherPolicies: new Set<string>() }
  const selections = new Map(policies.map(({ name, image }) => [name, selects(image)]))
  return judge(scanned, target, { selections, compareFor: (owner) => owner.policy.compare, now: NOON })
}

describe('paths: what is written', () => {
  const cases: readonly (readonly [what: string, yaml: string, path: string, written: readonly string[]])[] = [
    ['a tag', 'app: { version: 1.0.0 }', 'app.version', ['1.1.0']],
    ['a tag with its digest', `app: { version: 1.0.0@${OLD} }`, 'app.version', [`1.1.0@${NEW}`]],
    ['a digest', `app: { pinned: ${OLD} }`, 'app.pinned', [NEW]],
    ['a reference', `sidecar: ${IMAGE}:1.0.0`, 'sidecar', [`${IMAGE}:1.1.0`]],
    ['a reference to another image', 'sidecar: mirror.example.com/app:1.0.0', 'sidecar', [`${IMAGE}:1.1.0`]],
    ['an argument', 'args: [--sidecar=app:1.0.0]', 'args[0]', [`${IMAGE}:1.1.0`]],
    ['a tag beside another image', 'image: { repository: mirror/app, tag: 1.0.0 }', 'image.tag', ['1.1.0']],
    ['a tag and the digest beside it', `image: { tag: 1.0.0, digest: ${OLD} }`, 'image.tag', ['1.1.0', NEW]],
    ['several', 'list: [{ image: app:1.0.0 }, { image: b }, { x: 1 }]', 'list[*].image', [`${IMAGE}:1.1.0`]],
    ['nothing where it stands', 'image: { repository: mirror/app, tag: 1.1.0 }', 'image.tag', []],
    ['nothing but the path', `image: ${IMAGE}:1.0.0\nversion: 1.0.0`, 'version', ['1.1.0']],
    ['nothing that a comment freezes', 'version: 1.0.0 # tidemark: ignore', 'version', []],
  ]
  for (const [what, yaml, path, written] of cases) {
    it(what, () => {
      const { places, warnings } = judged({ 'a.yaml': yaml }, following('app', IMAGE, [path]))
      assert.deepEqual(
        places.flatMap(({ edit }) => edit?.value ?? []),
        written,
      )
      assert.ok(places.length > 0 && places.every((place) => place.path === path))
      assert.deepEqual(warnings, [])
    })
  }

  it('a reference without a tag waits for one, whoever completes it', () => {
    const [place] = judged({ 'a.yaml': `sidecarImage: ${IMAGE}\n` }, following('app', IMAGE, ['sidecarImage'])).places
    assert.deepEqual([place?.state, place?.obstacle], ['held', 'untagged'])
  })

  it('by discovery, too, where the policy says so of other files', () => {
    const globs = ['values.yaml']
    const mixed = policy('app', IMAGE, {
      discoversIn: fileMatcher(['apps/**']),
      pathScopes: [{ globs, matches: fileMatcher(globs), paths: ['version'] }],
    })
    const yaml = `image: ${IMAGE}:1.0.0\nversion: 1.0.0\n`
    const { places } = judged({ 'apps/a.yaml': yaml, 'values.yaml': yaml, 'other.yaml': yaml }, mixed)
    assert.deepEqual(
      places.map(({ file, line, path }) => [file, line, path]),
      [
        ['apps/a.yaml', 1, undefined],
        ['values.yaml', 2, 'version'],
      ],
    )
  })
})

describe('paths: ownership', () => {
  const text = `image: ${IMAGE}:1.0.0\nversion: 1.0.0\n`
  const other = 'ghcr.io/org/other'

  it('of several policies in one file', () => {
    const [app, sidecar] = [following('app', IMAGE, ['image']), following('sidecar', other, ['version'])]
    assert.deepEqual(
      judged({ 'a.yaml': text }, app, sidecar).places.map(({ policy, line }) => [policy, line]),
      [
        ['app', 1],
        ['sidecar', 2],
      ],
    )
  })

  it('of a place that a path and a discovery claim is an error that names both', () => {
    const [place] = judged({ 'a.yaml': text }, policy('app', IMAGE), following('sidecar', other, ['image'])).places
    assert.equal(place?.state, 'failing')
    assert.match(place?.reason ?? '', /^claimed by the policies "sidecar" and "app"/)
  })

  it('of a place that two paths claim is an error that names both', () => {
    const policies = [following('app', IMAGE, ['version']), following('sidecar', other, ['*'])]
    const { places } = judged({ 'a.yaml': text }, ...policies)
    assert.deepEqual(
      places.map(({ state, line, policy }) => [state, line, policy]),
      [
        ['pending', 1, 'sidecar'],
        ['failing', 2, 'app'],
        ['failing', 2, 'sidecar'],
      ],
    )
  })

  it('is what a marker decides', () => {
    const marked = { 'a.yaml': 'version: 1.0.0 # tidemark: app:tag\n' }
    const { places } = judged(marked, policy('app', IMAGE), following('sidecar', other, ['version']))
    assert.deepEqual(
      places.map(({ policy, path }) => [policy, path]),
      [['app', undefined]],
    )
  })

  it('of what only a path makes a place is not whose image it names', () => {
    const files = { 'a.yaml': `sidecar: ${IMAGE}:1.0.0\n` }
    const { places } = judged(files, policy('app', IMAGE), following('sidecar', other, ['sidecar']))
    assert.deepEqual(
      places.map(({ policy }) => policy),
      ['sidecar'],
    )
  })
})

describe('paths that lead nowhere', () => {
  const tagged = 'image: { tag: 1.0.0 }\n'
  const untagged = 'image: { repository: x }\n'
  const message = (path: string, reason: string) => `Cannot follow the path "${path}" of the policy "app": ${reason}`

  it('are told where no file has them, of the file in which they lead farthest', () => {
    const files = { 'a.yaml': 'x: 1\n', 'b.yaml': tagged, 'c.yaml': untagged }
    const { warnings, unplaced } = judged(files, following('app', IMAGE, ['image.tagg']))
    const reason = 'image has no key "tagg" (it has tag)'
    assert.deepEqual(warnings, [{ file: 'b.yaml', line: 1, message: message('image.tagg', reason) }])
    assert.deepEqual(unplaced, ['app'])
  })

  it('are no warning where another file has them', () => {
    const files = { 'a.yaml': 'x: 1\n', 'b.yaml': tagged, 'c.yaml': untagged }
    assert.deepEqual(judged(files, following('app', IMAGE, ['image.tag'])).warnings, [])
  })

  it('are told of each file that is named as it is', () => {
    const files = { 'a.yaml': 'x: 1\n', 'b.yaml': tagged, 'apps/c.yaml': untagged }
    const globs = ['a.yaml', 'b.yaml', 'apps/*']
    const { warnings } = judged(files, following('app', IMAGE, ['image.tag'], globs))
    const reason = 'the file has no key "image"'
    assert.deepEqual(warnings, [{ file: 'a.yaml', line: 1, message: message('image.tag', reason) }])
  })

  it('are nothing to a policy that does not ask for them there', () => {
    const policies = [
      following('app', IMAGE, ['image.tag'], ['a/**']),
      following('other', 'other', ['version'], ['b/**']),
    ]
    const { warnings } = judged({ 'a/x.yaml': tagged, 'b/x.yaml': 'version: 1.0.0\n' }, ...policies)
    assert.deepEqual(warnings, [])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileMatcher } from '../../src/updaters/files.js'
import { type FileScope, scopeIndex } from '../../src/updaters/scope-index.js'

function scope(...globs: readonly string[]): FileScope {
  return { globs, matches: fileMatcher(globs) }
}

describe('scopeIndex', () => {
  const globs: readonly (readonly string[])[] = [
    ['**/*.yaml', '**/*.yml'],
    ['apps/a/values.yaml'],
    ['apps/a/**'],
    ['apps/{a,b}/*.yaml'],
    ['apps/[ab]/values.yaml', 'apps/a/values.yaml'],
    ['apps/a b/v-1.x/Kustomization'],
    ['*/a/*'],
    ['größe/**'],
    ['!apps/**'],
    ['apps/a\\*/x'],
    ['apps/a'],
    ['values.yaml'],
  ]
  const files = [
    'values.yaml',
    'apps/a/values.yaml',
    'apps/b/values.yaml',
    'apps/a b/v-1.x/Kustomization',
    'apps/a',
    'apps/a*/x',
    'apps/ab/x.yml',
    'größe/x',
    'größe/a/x.yaml',
  ]
  const scopes = globs.map((each) => scope(...each))
  const scopesOf = scopeIndex(scopes)

  for (const file of files) {
    it(`finds for ${file} what asking each would find`, () => {
      const expected = scopes.filter(({ matches }) => matches(file))
      assert.ok(expected.length > 0)
      assert.deepEqual(new Set(scopesOf(file)), new Set(expected))
    })
  }

  it('asks only those that may match', () => {
    const asked: string[] = []
    const noting = (glob: string): FileScope => ({ globs: [glob], matches: () => asked.push(glob) > 0 })
    scopeIndex(['apps/a/**', 'apps/b/**', 'apps/a/x.yaml', 'apps/ab/**', '**'].map(noting))('apps/a/x.yaml')
    assert.deepEqual(asked.sort(), ['**', 'apps/a/**', 'apps/a/x.yaml'])
  })

  it('finds nothing without scopes', () => assert.deepEqual(scopeIndex([])('a'), []))
})

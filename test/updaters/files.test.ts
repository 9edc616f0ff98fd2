import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import picomatch from 'picomatch'
import { fileMatcher } from '../../src/updaters/files.js'

const NAME = `${'a'.repeat(250)}.yaml`

const CASES: readonly (readonly [globs: readonly string[] | undefined, path: string, expected: boolean])[] = [
  [undefined, 'apps/app.yaml', true],
  [undefined, '.github/app.yml', true],
  [undefined, 'apps/Kustomization', true],
  [undefined, 'apps/app.json', false],
  [['apps/**'], 'apps/a/b.txt', true],
  [['apps/**'], 'other/apps/b.txt', false],
  [['./apps/**'], 'apps/b.txt', true],
  [['apps/a.yaml', 'apps/*.yml', 'other/**'], 'apps/a.yaml', true],
  [['apps/a.yaml', 'apps/*.yml', 'other/**'], 'apps/b.yaml', false],
  [['apps/a.yaml', 'apps/*.yml', 'other/**'], 'apps/b.yml', true],
  [['apps/a.yaml', 'apps/*.yml', 'other/**'], 'other/b/c', true],
  [['apps/a.yaml'], 'apps/a.yaml/b', false],
  [['apps'], 'apps', true],
  [['apps/'], 'apps', false],
  [undefined, NAME, true],
  [undefined, `a${NAME}`, false],
  [undefined, `${'abc/'.repeat(1023)}b.yaml`, false],
  [['**/a*b*c*d*e.yaml'], 'abcd'.repeat(5_000), false],
]

for (const [globs, path, expected] of CASES) {
  test(`${globs ?? 'the default'} ${expected ? 'matches' : 'does not match'} "${path.slice(0, 40)}"`, () => {
    assert.equal(fileMatcher(globs)(path), expected)
  })
}

test('matches as each of its globs does by itself', () => {
  const part = fc.constantFrom(
    'a',
    'b.yaml',
    '.c',
    'a b',
    '*',
    '**',
    'a*',
    '?',
    '.',
    '..',
    '[ab]',
    '{a,b}',
    '!(a)',
    'a+b',
  )
  const glob = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  const path = fc
    .array(fc.constantFrom('a', 'b', 'b.yaml', '.c', 'a b', 'ab', 'a+b'), { minLength: 1, maxLength: 4 })
    .map((names) => names.join('/'))
  fc.assert(
    fc.property(fc.array(glob, { minLength: 1, maxLength: 6 }), fc.array(path, { maxLength: 20 }), (globs, paths) => {
      const matches = fileMatcher(globs)
      const alone = globs.map((each) => picomatch(each, { dot: true }))
      for (const each of paths)
        assert.equal(
          matches(each),
          alone.some((one) => one(each)),
          `${globs} ${each}`,
        )
    }),
    { numRuns: 1_000 },
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileMatcher } from '../../src/updaters/files.js'

const NAME = `${'a'.repeat(250)}.yaml`

const CASES: readonly (readonly [globs: readonly string[] | undefined, path: string, expected: boolean])[] = [
  [undefined, 'apps/app.yaml', true],
  [undefined, '.github/app.yml', true],
  [undefined, 'apps/Kustomization', true],
  [undefined, 'apps/app.json', false],
  [['apps/**'], 'apps/a/b.txt', true],
  [['apps/**'], 'other/apps/b.txt', false],
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

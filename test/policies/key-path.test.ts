import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PolicyError } from '../../src/policies/errors.js'
import { parseKeyPath, type Step } from '../../src/policies/key-path.js'

const ANY: Step = { type: 'any' }
const item = (index: number): Step => ({ type: 'item', index })
const keys = (...names: readonly string[]): readonly Step[] => names.map((key) => ({ type: 'key', key }))

describe('parseKeyPath', () => {
  const paths: readonly (readonly [text: string, steps: readonly Step[]])[] = [
    ['tag', keys('tag')],
    ['spec.values.image.tag', keys('spec', 'values', 'image', 'tag')],
    ['images[0].newTag', [...keys('images'), item(0), ...keys('newTag')]],
    ['images.0.newTag', keys('images', '0', 'newTag')],
    ['[12][3]', [item(12), item(3)]],
    ['containers[*].image', [...keys('containers'), ANY, ...keys('image')]],
    ['*.image.tag', [ANY, ...keys('image', 'tag')]],
    ['a.*', [...keys('a'), ANY]],
    ['größe.a b.x-y.$z', keys('größe', 'a b', 'x-y', '$z')],

    ['foo\\.bar.bat\\.baz', keys('foo.bar', 'bat.baz')],
    ['\\*.a\\[0\\].b\\\\c.\\-1', keys('*', 'a[0]', 'b\\c', '-1')],
    ['foo.bar\\:bat.b:z', keys('foo', 'bar:bat', 'b:z')],
    ['foo.bar.:2.baz', keys('foo', 'bar', '2', 'baz')],
    ['foo.\\:2', keys('foo', ':2')],
  ]
  for (const [text, steps] of paths) {
    it(text, () => assert.deepEqual(parseKeyPath(text), steps))
  }

  const faults: readonly (readonly [text: string, reason: string])[] = [
    ['', 'expected a key at character 1'],
    ['.foo', 'expected a key at character 1'],
    ['foo.', 'expected a key at character 5'],
    ['foo..bar', 'expected a key at character 5'],
    ['foo]', 'expected "." or "[" at character 4'],
    ['foo[0]bar', 'expected "." or "[" at character 7'],
    ['foo*', 'expected "." or "[" at character 4'],
    ['*foo', 'expected "." or "[" at character 2'],
    ['foo\\nbar', 'expected one of .[]*:-\\ behind the backslash at character 4'],
    ['foo.\\n', 'expected one of .[]*:-\\ behind the backslash at character 5'],
    ['foo.bar\\', 'expected one of .[]*:-\\ behind the backslash at character 8'],
    ['foo[-1]', 'items are counted from 0, and none is negative, at character 5'],
    ['foo.-1', 'items are counted from 0, and none is negative, at character 5'],
    ['foo[a]', 'expected a number or "*" in brackets at character 5, for a key with dots is written a\\.b'],
    ['foo["a.b"]', 'expected a number or "*" in brackets at character 5, for a key with dots is written a\\.b'],
    ['foo[', 'expected a number or "*" in brackets at character 5, for a key with dots is written a\\.b'],
    ['foo[1234567890]', 'expected a number or "*" in brackets at character 5, for a key with dots is written a\\.b'],
    ['a'.repeat(1_001), 'it has more than 1000 characters'],
  ]
  for (const [text, reason] of faults) {
    it(`refuses ${text.slice(0, 20)}`, () => {
      assert.throws(() => parseKeyPath(text), new PolicyError('INVALID_PATH', `Cannot read the path: ${reason}`))
    })
  }

  it('reads any keys that are escaped', () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), (names) => {
        const text = names.map((name) => name.replace(/[.[\]*:\\-]/g, '\\$&')).join('.')
        assert.deepEqual(parseKeyPath(text), keys(...names))
      }),
    )
  })
})

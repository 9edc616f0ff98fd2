import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareNaturally } from '../../src/policies/natural.js'

describe('compareNaturally', () => {
  const ascending: readonly (readonly string[])[] = [
    ['1.2.3', '1.2.3-b9', '1.2.3-b10', '1.2.3-c1', '1.2.10'],
    ['', '0', '007', '07', '7', '7.0', '10', 'a', 'a1', 'a1a', 'b'],
    ['1.02.3', '1.2.3', 'v1.2.3'],
    ['9007199254740992', '9007199254740993', `1${'0'.repeat(30)}`],
  ]
  for (const texts of ascending) {
    it(`orders ${texts.join(' < ')}`, () => {
      assert.deepEqual([...texts].reverse().sort(compareNaturally), texts)
    })
  }

  it('is a total order in which only the same text is the same', () => {
    const text = fc.stringMatching(/^[0-2ab.-]{0,6}$/)
    const at = (a: string, b: string) => Math.sign(compareNaturally(a, b))
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        assert.equal(at(a, b) === 0, a === b)
        assert.ok(at(a, b) + at(b, a) === 0)
        if (at(a, b) <= 0 && at(b, c) <= 0) assert.ok(at(a, c) <= 0)
      }),
      { numRuns: 2_000 },
    )
  })
})

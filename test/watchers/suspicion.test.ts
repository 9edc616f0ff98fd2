import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type KnownTags, suspicionOf } from '../../src/watchers/suspicion.js'

const CASES: readonly [tags: string, known: KnownTags, expected: string | undefined][] = [
  ['a b', { count: undefined, selected: [] }, undefined],
  ['', { count: undefined, selected: ['a'] }, 'the list of 0 tags lacks "a", which is selected'],
  ['b c', { count: 2, selected: ['b', 'a'] }, 'the list of 2 tags lacks "a", which is selected'],
  ['a b', { count: 2, selected: ['b', 'a'] }, undefined],
  ['a', { count: 4, selected: ['a'] }, 'the list shrank from 4 to 1 tags'],
  ['a b', { count: 4, selected: ['a'] }, undefined],
  ['', { count: 3, selected: [] }, undefined],
]
for (const [text, known, expected] of CASES) {
  it(`"${text}" after ${JSON.stringify(known)}: ${expected}`, () => {
    assert.equal(suspicionOf(text === '' ? [] : text.split(' '), known), expected)
  })
}

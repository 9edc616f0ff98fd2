import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alphabeticalPolicy } from '../../src/policies/alphabetical.js'
import type { Direction } from '../../src/policies/policy.js'

const RELEASES = '16.04 16.04.1 16.10 20.04 20.10'
const NAMES = 'xenial yakkety zesty artful bionic'
const TIMES = '2021-01-08T21-18-21Z 2020-05-08T21-18-21Z 1990-01-08T00-20-00Z 2023-05-08T00-20-00Z'

describe('select', () => {
  const cases: readonly [direction: Direction, tags: string, selected: string | undefined][] = [
    ['ascending', RELEASES, '20.10'],
    ['descending', RELEASES, '16.04'],
    ['ascending', NAMES, 'zesty'],
    ['descending', NAMES, 'artful'],
    ['ascending', TIMES, '2023-05-08T00-20-00Z'],
    ['descending', TIMES, '1990-01-08T00-20-00Z'],
    ['ascending', 'rel-1606234201 rel-1606364286 rel-1606334092', 'rel-1606364286'],
    ['ascending', 'b9 b10', 'b9'],
    ['ascending', 'Z a', 'a'],
    ['ascending', 'a _ Z 9', 'a'],
    ['ascending', `a sha256-${'f'.repeat(64)}.sig`, 'a'],
    ['ascending', 'a ü z+', 'a'],
    ['ascending', '', undefined],
  ]
  for (const [direction, tags, selected] of cases) {
    it(`selects ${selected} of ${tags.slice(0, 60)}, ${direction}`, () => {
      assert.equal(alphabeticalPolicy(direction).select(tags.split(' ')), selected)
      assert.equal(alphabeticalPolicy(direction).select(tags.split(' ').reverse()), selected)
    })
  }
})

describe('judge', () => {
  const judged = (direction: Direction) =>
    alphabeticalPolicy(direction)
      .judge(['b', 'c', '', 'a', 'c'])
      .map(({ tag, verdict, reason }) => [tag, verdict, reason])

  it('gives every tag a reason, from best to worst', () => {
    assert.deepEqual(judged('ascending'), [
      ['c', 'selected', 'last in alphabetical order'],
      ['b', 'eligible', 'sorts before c'],
      ['a', 'eligible', 'sorts before c'],
      ['', 'rejected', 'not a valid tag'],
    ])
  })

  it('turns around where the direction is descending', () => {
    assert.deepEqual(judged('descending').slice(0, 2), [
      ['a', 'selected', 'first in alphabetical order'],
      ['b', 'eligible', 'sorts behind a'],
    ])
  })
})

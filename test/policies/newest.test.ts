import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TagFilter } from '../../src/policies/filter.js'
import { createFilter } from '../../src/policies/filter.js'
import { newestPolicy } from '../../src/policies/newest.js'

/** Times in seconds: `a:5` was created at 5, and `a:-` does not say. */
function created(text: string): {
  readonly tags: readonly string[]
  readonly createdAt: ReadonlyMap<string, number | null>
} {
  const pairs = text.split(' ').map((pair) => pair.split(':'))
  const times = pairs.flatMap(([tag = '', time]) => (time === undefined ? [] : [[tag, time] as const]))
  return {
    tags: pairs.map(([tag = '']) => tag),
    createdAt: new Map(times.map(([tag, time]) => [tag, time === '-' ? null : Number(time) * 1_000])),
  }
}

describe('select', () => {
  const cases: readonly [images: string, selected: string | undefined, filter?: TagFilter][] = [
    ['a:3 b:1 c:2', 'a'],
    ['v1.0:2 v1.0.1:2 v2.0:2 v2.0.10:2 v2.0.9:2', 'v2.0.10'],
    ['a:-1 b:0', 'b'],
    ['a:- b:1 c', 'b'],
    ['a:- b', undefined],
    ['main:9 v1:1 v2:2', 'v2', { include: '^v' }],
    ['v1:1 v2:2', 'v1', { exclude: ['2'] }],
    ['v1:2 v2:1', 'v1', { include: '^v(.*)$', extract: '$1' }],
  ]
  for (const [images, selected, filter] of cases) {
    it(`selects ${selected} of ${images}`, () => {
      const { tags, createdAt } = created(images)
      const policy = newestPolicy(filter && createFilter(filter))
      assert.equal(policy.select(tags, { createdAt }), selected)
      assert.equal(policy.select([...tags].reverse(), { createdAt }), selected)
    })
  }

  it('selects nothing where nothing is known', () => {
    assert.equal(newestPolicy().select(['a', 'b']), undefined)
    assert.equal(newestPolicy().select(['a', 'b'], {}), undefined)
  })
})

describe('judge', () => {
  it('says when each image was created', () => {
    const { tags, createdAt } = created('a:1763600000 b:1763600000 c:1763510400 d:- e')
    assert.deepEqual(
      newestPolicy()
        .judge(tags, { createdAt })
        .map(({ tag, verdict, reason }) => [tag, verdict, reason]),
      [
        ['b', 'selected', 'created 2025-11-20T00:53:20Z, the newest'],
        ['a', 'eligible', 'created 2025-11-20T00:53:20Z, as old as b, whose text sorts higher'],
        ['c', 'eligible', 'created 2025-11-19T00:00:00Z, older than b'],
        ['d', 'rejected', 'does not say when it was created'],
        ['e', 'rejected', 'has not been asked when it was created'],
      ],
    )
  })
})

describe('compare', () => {
  const { createdAt } = created('a:1 b:2 c:2 d:-')
  const cases: readonly [a: string, b: string, order: number | undefined][] = [
    ['b', 'a', 1_000],
    ['b', 'c', 0],
    ['a', 'd', undefined],
    ['e', 'a', undefined],
  ]
  for (const [a, b, order] of cases) {
    it(`ranks ${a} to ${b}: ${order}`, () => assert.equal(newestPolicy().compare(a, b, { createdAt }), order))
  }
})

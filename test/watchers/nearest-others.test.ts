import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy } from '../../src/policies/create.js'
import { nearestOthers } from '../../src/watchers/nearest-others.js'

const policy = createPolicy({ semver: '1.x' }, undefined)
const numbers = Array.from({ length: 1_000 }, (_, number) => number)

describe('the tags about which somebody may ask', () => {
  const tables: readonly (readonly [
    tags: readonly string[],
    selected: string | undefined,
    expected: readonly string[],
  ])[] = [
    [
      ['1.0.0', '2.0.0', '1.2.0', 'latest', '3.0.0', '1.1.0', '0.9.0'],
      '1.2.0',
      [
        '3.0.0: 3.0.0 is outside "1.x"',
        '2.0.0: 2.0.0 is outside "1.x"',
        '1.1.0: lower than 1.2.0',
        '1.0.0: lower than 1.2.0',
      ],
    ],
    [
      ['2.0.0', 'b'],
      undefined,
      ['2.0.0: 2.0.0 is outside "1.x"', 'b: not a version: three numbers with dots are needed'],
    ],
    [['1.2.0'], '1.2.0', []],
    [[], undefined, []],
  ]
  for (const [tags, selected, expected] of tables) {
    it(`are ${expected.length} of ${tags.length}`, () => {
      const others = nearestOthers(tags, selected, policy).map(({ tag, reason }) => `${tag}: ${reason}`)
      assert.deepEqual(others, expected)
      assert.deepEqual(nearestOthers([...tags].reverse(), selected, policy).length, expected.length)
    })
  }

  it('are few of very many', () => {
    const tags = numbers.flatMap((number) => [`1.${number}.0`, `2.${number}.0`])
    const others = nearestOthers(tags, '1.999.0', policy).map(({ tag }) => tag)
    assert.deepEqual(others, [
      ...['2.999.0', '2.998.0', '2.997.0', '2.996.0', '2.995.0'],
      ...['1.998.0', '1.997.0', '1.996.0', '1.995.0', '1.994.0'],
    ])
  })
})

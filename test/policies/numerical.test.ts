import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { numericalPolicy } from '../../src/policies/numerical.js'
import type { Direction } from '../../src/policies/policy.js'

const STAMPS = '1606234201 1606364286 1606334092 1606334284 1606334201'
const PRECISE = '9007199254740993 9007199254740992 9007199254740993.000000000000000001'

describe('select', () => {
  const cases: readonly [direction: Direction, tags: string, selected: string | undefined][] = [
    ['ascending', '73 72 15 16 15 29', '73'],
    ['descending', '5 25 70 80 92', '5'],
    ['ascending', '47.40896403322944 9.3 53.47333823144817 53.4', '53.47333823144817'],
    ['ascending', STAMPS, '1606364286'],
    ['descending', STAMPS, '1606234201'],
    ['ascending', PRECISE, '9007199254740993.000000000000000001'],
    ['descending', PRECISE, '9007199254740992'],
    ['ascending', `9 1${'0'.repeat(100)} latest`, `1${'0'.repeat(100)}`],
    ['ascending', '1', '1'],
    ['descending', '1', '1'],
    ['ascending', '0 1a b', '0'],
    ['ascending', 'inf nan Infinity 1e5 0x1f 1_000 1.2.3 latest', undefined],
    ['ascending', '1.9 1.10', '1.9'],
    ['ascending', '1.1 1.10', '1.10'],
    ['descending', '1.1 1.10', '1.10'],
    ['ascending', '7 007 07', '7'],
    ['ascending', '1. 0.5', '1.'],
    ['ascending', '0 -1 +2', '0'],
    ['ascending', '', undefined],
  ]
  for (const [direction, tags, selected] of cases) {
    it(`selects ${selected} of ${tags.slice(0, 60)}, ${direction}`, () => {
      assert.equal(numericalPolicy(direction).select(tags.split(' ')), selected)
      assert.equal(numericalPolicy(direction).select(tags.split(' ').reverse()), selected)
    })
  }
})

describe('judge', () => {
  const judged = (direction: Direction) =>
    numericalPolicy(direction)
      .judge(['7', '12', 'latest', '012', '1e5'])
      .map(({ tag, verdict, reason }) => [tag, verdict, reason])
  const none = 'not a number: digits are needed, with at most one dot'

  it('gives every tag a reason, from best to worst', () => {
    assert.deepEqual(judged('ascending'), [
      ['12', 'selected', 'greatest number'],
      ['012', 'eligible', 'same number as 12, whose text sorts higher'],
      ['7', 'eligible', 'less than 12'],
      ['1e5', 'rejected', none],
      ['latest', 'rejected', none],
    ])
  })

  it('turns around where the direction is descending, but for spellings of one number', () => {
    assert.deepEqual(judged('descending').slice(0, 3), [
      ['7', 'selected', 'least number'],
      ['12', 'eligible', 'greater than 7'],
      ['012', 'eligible', 'greater than 7'],
    ])
  })
})

describe('compare', () => {
  const cases: readonly [a: string, b: string, sign: number | undefined][] = [
    ['2', '10', -1],
    ['-2', '-10', 1],
    ['-1', '0', -1],
    ['-0', '0.0', 0],
    ['+5', '05.00', 0],
    ['.5', '0.50', 0],
    ['-.5', '-.25', -1],
    ['1.', '1', 0],
    ['.', '1', undefined],
    ['', '1', undefined],
    ['-', '1', undefined],
    ['--1', '1', undefined],
    ['1 ', '1', undefined],
    ['٣', '1', undefined],
  ]
  for (const [a, b, sign] of cases) {
    it(`ranks ${a} to ${b}: ${sign}`, () => {
      const ascending = numericalPolicy('ascending').compare(a, b)
      const descending = numericalPolicy('descending').compare(b, a)
      assert.equal(ascending === undefined ? undefined : Math.sign(ascending), sign)
      assert.equal(descending === undefined ? undefined : Math.sign(descending), sign)
    })
  }

  it('agrees with whole numbers of any length, at any number of decimals', () => {
    const number = fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(5))
    fc.assert(
      fc.property(number, number, ([a, zerosA], [b, zerosB]) => {
        const text = (value: bigint, zeros: number) => `${value}.${'0'.repeat(zeros)}`
        const expected = a < b ? -1 : Number(a > b)
        const order = numericalPolicy('ascending').compare(text(a, zerosA), text(b, zerosB)) ?? Number.NaN
        assert.equal(Math.sign(order), expected)
        const fraction = numericalPolicy('ascending').compare(`${a}.${zerosA}`, `${a}.${zerosB}`) ?? Number.NaN
        const sign = a < 0n ? -1 : 1
        assert.ok(Math.sign(fraction) === Math.sign((zerosA - zerosB) * sign))
      }),
    )
  })

  it('takes a time that grows with the length alone', () => {
    const zeros = '0'.repeat(500_000)
    assert.equal(numericalPolicy('ascending').compare(`${zeros}x`, '1'), undefined)
    assert.equal(numericalPolicy('ascending').compare(`1.${zeros}1${zeros}`, `1.${zeros}1`), 0)
  })
})

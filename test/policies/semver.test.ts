import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PolicyError } from '../../src/policies/errors.js'
import { parseRange } from '../../src/policies/range.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { tryParseVersion } from '../../src/policies/version.js'

const MIXED = '0.1 0.5.1 0.9 1.0 1.0.1 1.1.2 2.0.3'

describe('select', () => {
  const cases: readonly [range: string, tags: string, selected: string | undefined][] = [
    ['1.0.x', '1.0.0 1.0.0.1 1.0.0p 1.0.1 1.2.0 0.1.0', '1.0.1'],
    ['1.0.x', 'v1.2.3 v1.0.0 v0.1.0', 'v1.0.0'],
    ['1.0.x', 'b1.2.3 b1.0.0 b0.1.0', undefined],
    ['1.0.x', '', undefined],
    ['1.0.x', '1.2.0', undefined],
    ['1.0.x', '0.1.0 0.1.1 0.2.0 1.0.0 1.0.1 1.0.2 1.1.0-alpha', '1.0.2'],
    ['1.0.x', '1.0.0 2.0.0 1.0.1 1.2.0', '1.0.1'],
    ['v1.0.x', 'v1.0.0 v2.0.0 v1.0.1 v1.2.0', 'v1.0.1'],
    ['v1.0.x', '1.0.0 2.0.0 1.0.1 1.2.0', '1.0.1'],
    ['1.0.x', 'v1.0.0 v2.0.0 v1.0.1 v1.2.0', 'v1.0.1'],
    ['6.7.x', '6.7.0 6.7.1 6.8.0', '6.7.1'],
    ['*', MIXED, '2.0.3'],
    ['^1.0', MIXED, '1.1.2'],
    ['~1.0', MIXED, '1.0.1'],
    ['~1.0', '0.1 0.5.1 0.9 2.0.3', undefined],
    ['*', 'v2.2.0 v2.3.0-rc.0.18.g1abb7b5dd-ppc64le', 'v2.2.0'],
    ['*', 'zz bb yy cc yy aa ll', undefined],
    ['*', 'v2.0.2 v1.0 v2.0.0 v1.0.1 v2.0.3 v2.0', 'v2.0.3'],
    ['*', 'v1.0.0 v1.0.0', 'v1.0.0'],
    ['*', 'invalid 1 1.0.0', '1.0.0'],
    ['*', 'foo v1.0', undefined],
    ['*', '5.0.0 0.0.1 0.2.1 0.1.1 1.1.1 7.0.6 1.0.0 1.0.2', '7.0.6'],
    ['>=2025.01.01', '2025.02.03 2025.01.31 2024.12.31 latest', '2025.02.03'],
    ['>=1.0.0-0', '1.0.0-rc.9 1.0.0-rc.10 1.0.0-rc.1', '1.0.0-rc.10'],
    ['>=1.0.0-0', '1.0.0-rc.10 1.0.0', '1.0.0'],
    ['*', '1.2.3 v1.2.3 1.02.3', 'v1.2.3'],
    ['*', '1.02.3 1.2.3', '1.2.3'],
    ['*', '9007199254740992.0.0 9007199254740993.0.0 9.0.0', '9007199254740993.0.0'],
    ['*', '1.0.0 1.0.1+build \n1.0.2 .1.0.3', '1.0.0'],
    ['>=1.0.0-0', `1.0.0 1.0.1-${'a'.repeat(123)}`, '1.0.0'],
  ]
  for (const [range, tags, selected] of cases) {
    it(`selects ${selected} in ${range} of ${tags.slice(0, 60)}`, () => {
      assert.equal(semverPolicy(range).select(tags.split(' ')), selected)
      assert.equal(semverPolicy(range).select(tags.split(' ').reverse()), selected)
    })
  }

  for (const range of ['latest', '*-*', '', '1.0.0p', '1x', 'x1', '-1', 'a']) {
    it(`cannot be built from ${JSON.stringify(range)}`, () => assert.throws(() => semverPolicy(range), PolicyError))
  }
})

describe('judge', () => {
  it('gives every distinct tag a reason, from best to worst and then by text', () => {
    const signature = `sha256-${'0'.repeat(64)}.sig`
    const tags = [
      '1.3.0',
      '2.1.0',
      'latest',
      '1.4.2',
      '1.5.0-rc.1',
      'v1.4.2',
      '1.4.2',
      signature,
      '1.3.0+b',
      '1.2',
      'v1.3.0',
    ]
    assert.deepEqual(
      semverPolicy(' >=1.0.0 <2.0.0 ')
        .judge(tags)
        .map(({ tag, verdict, reason }) => [tag, verdict, reason]),
      [
        ['v1.4.2', 'selected', 'highest version in ">=1.0.0 <2.0.0"'],
        ['1.4.2', 'eligible', 'same version as v1.4.2, whose text sorts higher'],
        ['v1.3.0', 'eligible', 'lower than v1.4.2'],
        ['1.3.0', 'eligible', 'lower than v1.4.2'],
        ['1.2', 'rejected', 'not a version: three numbers with dots are needed'],
        ['1.3.0+b', 'rejected', 'not a valid tag'],
        ['1.5.0-rc.1', 'rejected', '1.5.0-rc.1 is a prerelease, and no comparator of ">=1.0.0 <2.0.0" names one'],
        ['2.1.0', 'rejected', '2.1.0 is outside ">=1.0.0 <2.0.0"'],
        ['latest', 'rejected', 'not a version: three numbers with dots are needed'],
        [signature, 'rejected', 'signature or attestation tag'],
      ],
    )
  })

  it('names the group that a prerelease is kept out of', () => {
    const [verdict] = semverPolicy('>=1.0.0-0 <1.1.0 || >=2.0.0').judge(['2.1.0-rc.1'])
    assert.equal(verdict?.reason, '2.1.0-rc.1 is a prerelease, and no comparator of ">=2.0.0" names one')
  })

  it('selects none of none', () => assert.deepEqual(semverPolicy('*').judge([]), []))
})

describe('compare', () => {
  const cases: readonly [a: string, b: string, sign: number | undefined][] = [
    ['1.2.3', '1.2.4', -1],
    ['2.0.0', '1.9.9', 1],
    ['1.2.3', 'v1.2.3', 0],
    ['1.2.3+a', '1.2.3+b', 0],
    ['1.2.3-rc.1', '1.2.3', -1],
    ['9.0.0', '1.0.0', 1],
    ['latest', '1.2.3', undefined],
    ['1.2.3', '1.2', undefined],
  ]
  for (const [a, b, sign] of cases) {
    it(`ranks ${a} to ${b}: ${sign}`, () => {
      const order = semverPolicy('1.x').compare(a, b)
      assert.equal(order === undefined ? undefined : Math.sign(order), sign)
    })
  }
})

describe('semverPolicy', () => {
  const release = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((three) => three.join('.'))
  const version = fc
    .tuple(fc.constantFrom('', 'v', '0'), release, fc.constantFrom('', '', '-rc.1', '-rc.2', '-alpine', '+b'))
    .map((parts) => parts.join(''))
  const tags = fc.array(fc.oneof({ weight: 5, arbitrary: version }, fc.string()), { maxLength: 20 })
  const range = fc.constantFrom('*', '>=1.0.0', '^1.2', '~1.1-0', '>=1.0.0-0 <3 !=2.1.1', '<1 || >=2.0.0-rc.1', '1 - 2')

  function holds(check: (policy: ReturnType<typeof semverPolicy>, tags: string[], range: string) => void): void {
    fc.assert(fc.property(range, tags, (text, list) => check(semverPolicy(text), list, text)))
  }

  it('selects what it judges best, within its own range', () => {
    holds((policy, list, text) => {
      const selected = policy.select(list)
      const verdicts = policy.judge(list)
      assert.deepEqual(
        verdicts.filter(({ verdict }) => verdict === 'selected').map(({ tag }) => tag),
        selected === undefined ? [] : [selected],
      )
      assert.equal(verdicts.length, new Set(list).size)
      if (selected === undefined) return
      const best = tryParseVersion(selected)
      assert.ok(best !== undefined && parseRange(text).includes(best))
      for (const { tag, verdict } of verdicts)
        if (verdict === 'eligible') assert.ok((policy.compare(selected, tag) ?? -1) >= 0)
    })
  })

  it('gives one answer for every order and repetition of the tags', () => {
    holds((policy, list) => {
      const others = [...list].sort().reverse().concat(list)
      assert.equal(policy.select(others), policy.select(list))
      assert.deepEqual(policy.judge(others), policy.judge(list))
    })
  })

  it('is not moved by a lower tag', () => {
    fc.assert(
      fc.property(range, tags, version, (text, list, added) => {
        const policy = semverPolicy(text)
        const selected = policy.select(list)
        if (selected !== undefined && (policy.compare(added, selected) ?? -1) < 0) {
          assert.equal(policy.select([...list, added]), selected)
        }
      }),
    )
  })

  it('leaves the list as it was', () => {
    const list = Object.freeze(['2.0.0', '1.0.0', '3.0.0', 'x', 'a'])
    semverPolicy('*').select(list)
    semverPolicy('*').judge(list)
    assert.deepEqual(list, ['2.0.0', '1.0.0', '3.0.0', 'x', 'a'])
  })
})

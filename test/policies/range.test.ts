import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import semver from 'semver'
import { PolicyError } from '../../src/policies/errors.js'
import { parseRange } from '../../src/policies/range.js'
import { tryParseVersion, type Version } from '../../src/policies/version.js'

describe('parseRange', () => {
  // The dialect's own answers, by operator.
  const ranges: readonly [range: string, inside: string, outside: string][] = [
    ['1.2.3', '1.2.3 v1.2.3 1.02.3 1.2.3+build', '1.2.4 1.2.2 1.2.3-rc.1'],
    ['=2.0.0', '2.0.0', '1.2.3 2.0.1'],
    ['= 2.0', '2.0.0 2.0.1', '1.2.3 2.1.0'],
    ['4.1', '4.1.0 4.1.3', '4.2.0 4.0.9'],
    ['2', '2.1.1', '1.0.0 3.4.5'],
    ['v1.0.x', '1.0.0 v1.0.9', '1.1.0'],
    ['2.*', '2.1.1', '1.0.0 3.4.5'],
    ['2.1.*', '2.1.1', '2.2.1'],
    ['0.x.x', '0.9.9', '1.2.3'],
    ['0.0.x', '0.0.7', '0.1.0 1.2.3'],
    ['1.X', '1.4.0', '2.0.0'],
    ['1.x.3', '1.0.0 1.9.9', '2.0.3'],
    ['*', '1.0.0 4.5.6 0.0.0', '1.2.3-alpha.1'],
    ['x', '1.0.0', '1.0.0-0'],
    ['*-0', '1.2.3-alpha.1 1.2.3 0.0.0-0', ''],
    ['2025.02', '2025.2.3 2025.02.03', '2025.03.01'],

    ['!=4.1.0', '4.1.1', '4.1.0 4.1.1-alpha'],
    ['!=4.1', '5.1.0 4.0.0', '4.1.0 4.1.1 5.1.0-alpha.1'],
    ['!=4.x', '5.1.0', '4.1.0 4.0.0'],
    ['!=4.2.x', '4.3.0', '4.2.3'],
    ['!=4.1-alpha', '4.1.0 4.2.0-alpha', '4.1.0-alpha 4.1.1-alpha'],
    ['!=4.1.0-alpha', '4.1.0 4.1.0-beta', '4.1.0-alpha'],
    ['!=4-alpha', '5.0.0', '4.0.0 4.1.0-alpha 4.2.0-beta'],
    ['!=*', '', '0.0.0 1.0.0'],

    ['>0', '1.0.0', '0.0.0 0.9.9 0.0.1-alpha'],
    ['>0-0', '1.0.0 1.0.0-alpha', '0.0.1-alpha 0.0.0-alpha'],
    ['>0.0.0-0', '0.0.0-alpha', '0.0.0-0'],
    ['>1.1', '1.2.1 4.1.0', '1.1.0 1.1.1'],
    ['>11', '12.0.0', '11.1.0 10.0.0'],
    ['>1.2.3-alpha.1', '1.2.3-alpha.2 1.3.3-alpha.2 1.2.3', '1.2.3-alpha.1 1.2.2'],
    ['>*', '', '0.0.0 1.0.0'],

    ['<11', '0.1.0 10.9.9', '11.0.0 11.1.0'],
    ['<1.1', '0.1.0', '1.1.0 1.1.1 2.0.0'],
    ['<1.1.x', '1.0.500', '1.1.500 1.2.1'],
    ['<0', '', '0.0.0-alpha 0.0.0'],
    ['<0-z', '0.0.0-alpha', '0.0.0'],

    ['>=11', '11.1.2', '10.9.9'],
    ['>= 1.1', '1.1.0 4.1.0', '0.0.9 4.1.0-beta'],
    ['=> 1.1', '1.1.0 4.1.0', '0.0.9'],
    ['>=0-0', '0.0.1-alpha 0.0.0-alpha', ''],
    ['>=0.0.0-0', '0.0.0-alpha 1.2.3 3.4.5-beta.1', ''],

    ['<=11', '1.2.3 11.2.3', '12.2.3'],
    ['<=1.1', '0.1.0 1.1.0 1.1.1', '1.2.3 0.1.0-alpha'],
    ['=<1.1.x', '1.1.9', '1.2.500'],
    ['<=1.1-a', '0.1.0-alpha 1.1.7-z', '1.2.0'],
    ['<=1.1.1', '1.1.1', '1.1.2'],
    ['<=*', '0.0.0 9.9.9', '1.0.0-rc.1'],

    ['~1', '1.2.4 1.9.9', '2.3.4 1.3.5-beta'],
    ['~1.x', '1.3.5 1.4.0', '2.1.1'],
    ['~1.2', '1.2.4', '1.3.4 2.2.4'],
    ['~1.2.3', '1.2.3 1.2.5', '1.2.2 1.3.2'],
    ['~> 1.2.3', '1.2.5', '1.2.2 1.3.2'],
    ['~0.2.3', '0.2.5', '0.3.5'],
    ['~*', '2.1.1', '2.1.1-a'],
    ['~0.0.0', '1.2.3', '1.2.3-a'],
    ['~1.2.3-beta.2', '1.2.3-beta.4 1.2.4-beta.2 1.2.3', '1.3.4-beta.2 1.2.3-beta.1'],
    ['~1.1-alpha', '1.1.1-beta', '1.2.0-beta'],

    ['^1', '1.8.9', '2.8.9'],
    ['^1.x', '1.1.1', '2.1.1 1.1.1-beta1'],
    ['^1.2', '1.8.9 1.2.0', '2.8.9 1.1.9'],
    ['^1.2.3', '1.8.9 1.2.3', '2.8.9 1.2.1'],
    ['^0', '0.2.3', '1.1.4'],
    ['^0.0', '0.0.3', '0.1.4 1.0.4'],
    ['^0.2', '0.2.5', '0.5.6 1.2.0'],
    ['^0.2.3', '0.2.5', '0.5.6 0.2.2 1.2.3'],
    ['^0.0.3', '0.0.3', '0.0.4 0.3.3'],
    ['^0.0.0', '0.0.0', '1.2.3'],
    ['^*', '0.0.0 3.2.1', '3.2.1-a'],
    ['^1.2.0-alpha.0', '1.2.1-alpha.1 1.2.1-alpha.0', '2.0.0-alpha'],
    ['^1.2.0-alpha.2', '1.2.0-beta', '1.2.0-alpha.1'],
    ['^0.2.3-beta.2', '0.2.3-beta.4 0.2.4-beta.2 0.2.3-beta.2', '0.3.4-beta.2'],

    ['1.1 - 2', '1.1.0 2.9.9', '1.0.9 3.0.0'],
    ['1.5.0 - 4.5', '3.7.0 4.5.9', '4.6.0'],
    ['1.0.0 - 2.0.0 <=1.5.0', '1.5.0', '1.5.1'],
    ['!=1.5.0, 1.0.0 - 2.0.0', '1.6.0', '1.5.0 2.0.1'],
    ['2 - 3, 3 - 4', '3.1.0', '2.0.0 4.0.0'],
    ['1.1-3', '1.1.0 1.1.4-3', '4.3.2'],

    ['>1.1, <2', '1.2.1', '1.1.1 2.0.0'],
    ['> 1.1\t<   3', '1.2.1', '4.3.2'],
    ['>=1.1 , <2 ,!=1.2.3', '1.2.4', '1.2.3'],
    ['>=1.1 <2 != 1.2.3 || > 3', '4.1.2 1.2.4', '3.1.2 3.0.0 1.2.3'],
    ['\n>=1.1\n  <2\n', '1.5.0', '2.0.0'],
    ['1||3', '1.0.0 3.0.0', '2.0.0'],
    ['12.3.34 ~1.2.3', '', '12.3.34 1.2.3'],
    ['>=9007199254740993.0.0', '9007199254740993.0.0 18446744073709551615.0.0', '9007199254740992.0.0'],

    // A prerelease counts for its whole AND-group, and for that only.
    ['>=1.0.0 <2.0.0', '1.5.0', '1.5.0-rc.1 2.0.0-rc.1'],
    ['>=1.0.0-0 <2.0.0', '1.0.0-rc.1 1.5.0-rc.1 1.5.0 2.0.0-rc.1', '2.0.0'],
    ['>=1.0.0, <2.0.0-0', '1.5.0-rc.1 1.5.0', '1.0.0-rc.1 2.0.0-rc.1'],
    ['>=1.0.0-0 <1.1.0 || >=2.0.0', '1.0.5-rc.1 2.1.0', '2.1.0-rc.1 1.2.0-rc.1'],
    ['>=1.0.0 || 3.0.0-beta', '3.0.0-beta 4.0.0', '3.0.0-rc 4.0.0-beta'],
    ['>=1.0.0-0 !=1.2', '1.2.1-beta 1.3.0', '1.2.1 1.2.0'],
    ['>=1.0.0-0 !=2', '1.2.1-beta', '2.0.0-beta 2.1.0'],
  ]
  for (const [range, inside, outside] of ranges) {
    it(`reads ${JSON.stringify(range)}`, () => {
      const { includes } = parseRange(range)
      for (const text of words(inside)) assert.ok(includes(version(text)), `${text} is inside`)
      for (const text of words(outside)) assert.ok(!includes(version(text)), `${text} is outside`)
    })
  }

  for (const range of ['1.0.x', '^1.0', '=1.0.0', '~1.0', '>=1.0', '>0,<2.0', 'v2.3.5-20161202202307-sha.e8fc5e5']) {
    it(`accepts ${range}`, () => assert.equal(parseRange(` ${range} `).text, range))
  }

  const malformed = [
    ...'1.0.0p 1x x1 -1 a latest *-* 1.0.0-01 1.0.0- 1.0.0+ 1.*1 1.2.3.4 12.3.4.1234 V1.0 vv1 1.0.0-é'.split(' '),
    ...'> >= ==1 <>1 !1 ^^1 >=1<2 1|2 - || , 18446744073709551616'.split(' '),
    ...['', ' ', '1 ||', '|| 1', '1 || || 2', '1,', ',1', '1,,2', '1 |2', '>= bar', 'BAR >= 1.2.3', '> = 1', '~ ~1'],
    ...['1.2.3~ 1', '1 -', '- 1', '1 - 2 - 3', '1 - - 2', '>=1 - 2', '1 - <2', '1 -2', '1- 2', '1 -, 2', '1\u00a02'],
    ...['1'.repeat(1_025), '>=1.0.0 '.repeat(129)],
  ]
  for (const range of malformed) {
    it(`refuses ${JSON.stringify(range.slice(0, 30))}`, () => {
      assert.throws(
        () => parseRange(range),
        (error) => error instanceof PolicyError && error.code === 'INVALID_RANGE' && !error.retryable,
      )
    })
  }

  const messages: readonly [string, string][] = [
    ['>=1.0.0 <two', 'Cannot parse range ">=1.0.0 <two": "<two" is not a comparator'],
    ['>=1.0.0 ||', 'Cannot parse range ">=1.0.0 ||": a comparator such as ">=1.0.0" is missing'],
    ['', 'Cannot parse range "": a comparator such as ">=1.0.0" is missing'],
  ]
  for (const [range, message] of messages) {
    it(`says ${message}`, () => assert.throws(() => parseRange(range), { message }))
  }

  it('refuses with a PolicyError or accepts, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[v0-9.x*|,<>=!~^ -]{0,30}$/)), (text) => {
        try {
          parseRange(text)
        } catch (error) {
          assert.ok(error instanceof PolicyError)
        }
      }),
    )
  })

  it('agrees with the semver package where the dialects are one: releases, and comparators that both know', () => {
    const number = fc.nat(3)
    const release = fc.tuple(number, number, number).map((three) => three.join('.'))
    const partial = fc.array(number, { minLength: 1, maxLength: 3 }).map((some) => some.join('.'))
    const comparator = fc
      .tuple(fc.constantFrom('', '=', '>', '<', '>=', '<=', '^', '~'), partial)
      .map(([op, v]) => op + v)
    const simple = comparator.filter((text) => text !== '~0.0.0')
    const hyphen = fc.tuple(partial, partial).map(([from, to]) => `${from} - ${to}`)
    const group = fc.oneof(
      { weight: 4, arbitrary: fc.array(simple, { minLength: 1, maxLength: 3 }).map((all) => all.join(' ')) },
      hyphen,
    )
    const range = fc.array(group, { minLength: 1, maxLength: 3 }).map((all) => all.join(' || '))
    fc.assert(
      fc.property(range, release, (text, release) => {
        assert.equal(parseRange(text).includes(version(release)), semver.satisfies(release, text))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('groupWithoutPrereleases', () => {
  const cases: readonly [range: string, version: string, group: string | undefined][] = [
    ['>=1.0.0', '1.5.0-rc.1', '>=1.0.0'],
    ['>=1.0.0-0 <1.1.0 || >=2.0.0', '2.1.0-rc.1', '>=2.0.0'],
    ['>=1.0.0', '0.5.0-rc.1', undefined],
    ['>=1.0.0', '0.5.0', undefined],
    ['>=1.0.0-0', '0.5.0-rc.1', undefined],
  ]
  for (const [range, text, group] of cases) {
    it(`finds ${group} for ${text} in ${range}`, () => {
      assert.equal(parseRange(range).groupWithoutPrereleases(version(text)), group)
    })
  }
})

function words(text: string): string[] {
  return text.split(' ').filter(Boolean)
}

function version(text: string): Version {
  return tryParseVersion(text) ?? assert.fail(`${text} is a version`)
}

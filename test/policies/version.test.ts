import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import semver from 'semver'
import { compareVersions, tryParseVersion, type Version } from '../../src/policies/version.js'

describe('tryParseVersion', () => {
  type Case = readonly [text: string, major: number | bigint, minor: number, patch: number, prerelease: string]
  const versions: readonly Case[] = [
    ['1.2.3', 1, 2, 3, ''],
    ['v1.2.3', 1, 2, 3, ''],
    ['0.0.0', 0, 0, 0, ''],
    ['v2025.07.03', 2025, 7, 3, ''],
    ['0000000000000000000000001.2.3', 1, 2, 3, ''],
    ['v1.2.0-x.Y.0+metadata', 1, 2, 0, 'x.Y.0'],
    ['v1.2.0-x.Y.0+metadata-width-hypen', 1, 2, 0, 'x.Y.0'],
    ['v1.2.3-rc1-with-hypen', 1, 2, 3, 'rc1-with-hypen'],
    ['1.2.3--', 1, 2, 3, '-'],
    ['1.2.3-0a.01b', 1, 2, 3, '0a.01b'],
    ['1.2.3+001', 1, 2, 3, ''],
    ['9007199254740991.0.0', 9007199254740991, 0, 0, ''],
    ['9007199254740993.0.0', 9007199254740993n, 0, 0, ''],
    ['18446744073709551615.0.0', 18446744073709551615n, 0, 0, ''],
  ]
  for (const [text, major, minor, patch, prerelease] of versions) {
    it(`reads ${text}`, () => assert.deepEqual(tryParseVersion(text), { major, minor, patch, prerelease }))
  }

  const others = [
    ...['', 'v', 'latest', '1', 'v1', '1.2', 'v1.0', '1.2.', '.1.2', '1..2', '1.2.3.4', 'v1.2.3.4', '1.0.0.1'],
    ...['1.2.beta', 'v1.2-5', 'v1.2-beta5', '1.2-beta.5', '1.2.3p', '1.0.0p', '1.2.x', 'b1.2.3', 'V1.2.3', 'vv1.2.3'],
    ...['\nv1.2', '\n1.2.3', '1.2.3\n', ' 1.2.3', '1.2.3 ', '=1.2.3', '+1.2.3', '-1.2.3', '1.-2.3', '1e3.0.0', '٣.1.1'],
    ...['1.2.3-', '1.2.3+', '1.2.3-a..b', '1.2.3-a.', '1.2.3-01', '1.2.3-a.007', '1.2.3-a_b', '1.2.3+a+b', '1.2.3-é'],
    ...['18446744073709551616.0.0', '0.0.18446744073709551616', `1.2.3-${'a'.repeat(256)}`, '9'.repeat(100_000)],
  ]
  for (const text of others) {
    it(`finds no version in ${JSON.stringify(text.slice(0, 30))}`, () => assert.equal(tryParseVersion(text), undefined))
  }

  it('throws for no text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void tryParseVersion(text)))
    fc.assert(fc.property(fc.stringMatching(/^[v0-9.+\-a]{0,40}$/), (text) => void tryParseVersion(text)))
  })

  it('agrees with the semver package on what is a version', () => {
    const numbers = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map((three) => three.join('.'))
    const suffix = fc.stringMatching(/^([-+][-+.a0-9]{0,8})?$/)
    fc.assert(
      fc.property(numbers, suffix, (text, end) => {
        assert.equal(tryParseVersion(text + end) !== undefined, semver.valid(text + end) !== null)
      }),
    )
  })
})

describe('compareVersions', () => {
  const ascending = [
    ...'0.0.1 0.1.1 0.2.1 1.0.0-0 1.0.0-2 1.0.0-10 1.0.0-20240101123456788.2 1.0.0-20240101123456789.1'.split(' '),
    ...'1.0.0-99999999999999999999999 1.0.0--1 1.0.0-A 1.0.0-a 1.0.0-a.1 1.0.0-a.b 1.0.0-a.b.0 1.0.0-aa'.split(' '),
    ...'1.0.0-alpha 1.0.0-beta 1.0.0 1.0.2 1.1.1 5.0.0 7.0.6 9007199254740992.0.0 9007199254740993.0.0'.split(' '),
    ...'9007199254740993.0.1 18446744073709551615.0.0'.split(' '),
  ]
  for (const [index, higher] of ascending.entries()) {
    it(`puts ${higher} above ${index} others`, () => {
      for (const lower of ascending.slice(0, index)) {
        assert.ok(compareVersions(version(lower), version(higher)) < 0, lower)
        assert.ok(compareVersions(version(higher), version(lower)) > 0, lower)
      }
    })
  }

  const same: readonly [string, string][] = [
    ['1.2.3', 'v1.2.3'],
    ['1.2.3', '1.02.003'],
    ['1.2.3', '1.2.3+a'],
    ['1.2.3-rc.1+a', 'v1.2.3-rc.1+b'],
    ['9007199254740993.0.0', '009007199254740993.0.0'],
  ]
  for (const [a, b] of same) {
    it(`takes ${a} and ${b} for one version`, () => assert.equal(compareVersions(version(a), version(b)), 0))
  }

  it('agrees with the semver package', () => {
    const prerelease = fc.constantFrom('', '-0', '-1', '-10', '-a', '-a.1', '-a.b', '-rc-1', '-1.a')
    const text = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), prerelease).map(([a, b, c, end]) => `${a}.${b}.${c}${end}`)
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(Math.sign(compareVersions(version(a), version(b))), semver.compare(a, b))
      }),
    )
  })
})

function version(text: string): Version {
  return tryParseVersion(text) ?? assert.fail(`${text} is a version`)
}

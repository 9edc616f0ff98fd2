import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PolicyError } from '../../src/policies/errors.js'
import { parsePattern } from '../../src/policies/pattern.js'

describe('parsePattern', () => {
  const matches: readonly [pattern: string, text: string, groups: readonly string[] | undefined][] = [
    ['', 'a', ['']],
    ['^ver', 'ver1', ['ver']],
    ['^ver', 'rel1', undefined],
    ['[a-z]+', 'v1', ['v']],
    ['(?P<a>\\d+)-(?P<b>x)?', 'v12-', ['12-', '12', '']],
    ['(?<a>\\d+)', '7', ['7', '7']],
    ['(?i)RC', '1-rc', ['rc']],
    ['a.*?c', 'abcbc', ['abc']],
    ['[[:digit:]]+$', '1-23', ['23']],
    ['\\pL+', '1ab', ['ab']],
  ]
  for (const [pattern, text, groups] of matches) {
    it(`finds ${JSON.stringify(groups)} by ${JSON.stringify(pattern)} in ${text}`, () => {
      assert.deepEqual(parsePattern(pattern).groupsOf(text), groups)
      assert.equal(parsePattern(pattern).matches(text), groups !== undefined)
    })
  }

  it('knows its groups by number and name', () => {
    const { indexOf } = parsePattern('(?P<year>\\d+)-(\\d+)')
    assert.deepEqual(['0', '1', '2', '3', 'year', 'constructor', '__proto__', ''].map(indexOf), [
      ...[0, 1, 2, undefined, 1, undefined, undefined, undefined],
    ])
  })

  const refused: readonly [pattern: string, reason: string][] = [
    ['^test-(.*', 'missing closing ): `^test-(.*`'],
    ['[=', 'missing closing ]: `[=`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(?<=a)b', 'invalid named capture: `(?<=a)b`'],
    ['(a)\\1', 'invalid escape sequence: `\\1`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['(?P<a>x)(?P<a>y)', 'duplicate capture group name: `a`'],
    ['\\w{1000}'.repeat(11), 'its repetitions make it too large'],
  ]
  for (const [pattern, reason] of refused) {
    it(`refuses ${pattern.slice(0, 20)}`, () => {
      const isPolicyError = (error: unknown) => error instanceof PolicyError && error.code === 'INVALID_PATTERN'
      assert.throws(() => parsePattern(pattern), isPolicyError)
      const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern
      assert.throws(() => parsePattern(pattern), { message: `Cannot parse pattern "${shown}": ${reason}` })
    })
  }

  it('refuses a pattern that is too long', () => {
    assert.throws(() => parsePattern('a'.repeat(1_025)), /it has more than 1024 characters/)
    assert.equal(parsePattern('a'.repeat(1_024)).matches('a'), false)
  })

  it('takes linear time where a backtracking engine takes forever', () => {
    const text = `${'a'.repeat(20_000)}!`
    for (const pattern of ['^(a+)+$', '^([a-z0-9]+-?)*$', '^(\\w+\\.?)+-alpine$', '^(a|aa)+$']) {
      assert.equal(parsePattern(pattern).matches(text), false)
      assert.equal(parsePattern(pattern).groupsOf(text), undefined)
    }
  })

  it('refuses with a PolicyError or matches, whatever the texts', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[ab()[\]{}|*+?^$\\.0-9P<>:-]{0,20}$/))
    fc.assert(
      fc.property(text, fc.string({ unit: 'binary' }), (pattern, input) => {
        try {
          const parsed = parsePattern(pattern)
          assert.equal(parsed.matches(input), parsed.groupsOf(input) !== undefined)
        } catch (error) {
          assert.ok(error instanceof PolicyError, String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are what is tested.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy, type Select } from '../../src/policies/create.js'
import { PolicyError } from '../../src/policies/errors.js'
import type { TagFilter } from '../../src/policies/filter.js'

const LAST: Select = { alphabetical: 'ascending' }
const GREATEST: Select = { numerical: 'ascending' }
const BUILDS = 'build-2a3560ef-1694132169 build-1a3560ef-1696801785 build-3a3560ef-1695801785'
const DEBUGS = '123-123.123.abcd123-debug 123-123.123.abcd123 123-123.123.abcd456-debug 123-123.123.abcd456'

describe('select', () => {
  const cases: readonly [select: Select, filter: TagFilter, tags: string, selected: string | undefined][] = [
    [LAST, {}, 'a b', 'b'],
    [LAST, { include: '^ver' }, 'ver1 ver2 ver3 zel1', 'ver3'],
    [GREATEST, { include: 'ver(\\d+)', extract: '$1' }, 'ver1 ver2 rel3', 'ver2'],
    [LAST, { include: '^(123-[0-9]+\\.[0-9]+\\.[a-z0-9]+-debug)' }, DEBUGS, '123-123.123.abcd456-debug'],
    [LAST, { include: '^(?P<tag>123-[0-9]+\\.[0-9]+\\.[a-z0-9]+$)', extract: '$tag' }, DEBUGS, '123-123.123.abcd456'],
    [
      { semver: '>=0.x' },
      { include: '^test-(.*)$', extract: '$1' },
      'test-0.1.0 test-0.1.1 dev-0.2.0 1.0.0 1.0.1 1.1.0-alpha',
      'test-0.1.1',
    ],
    [
      GREATEST,
      { include: '1.0.0-rc\\.(?P<num>[0-9]+)', extract: '$num' },
      '1.0.0 1.0.0-rc.1 1.0.0-rc.2 1.0.0-rc.3 1.0.1-rc.2',
      '1.0.0-rc.3',
    ],
    [LAST, { include: 'foo-(?P<word>[a-z]+)', extract: '$word' }, 'foo-aaa bar-bbb foo-zzz baz-nnn foo-ooo', 'foo-zzz'],
    [GREATEST, { include: '^build-.*-(?P<n>.+)$', extract: '$n' }, BUILDS, 'build-1a3560ef-1696801785'],
    [LAST, { include: '^build-.*$' }, BUILDS, 'build-3a3560ef-1695801785'],
    [LAST, { include: '[a-z]+' }, 'lemon 31337', 'lemon'],
    [LAST, { include: '^v1\\.', exclude: ['^v1\\.1\\.0$'] }, 'v1.0.0 v1.1.0 v2.0.0', 'v1.0.0'],
    [LAST, { exclude: ['b', '^c'] }, 'a b bc cd', 'a'],
    [LAST, { exclude: ['.'] }, 'a b', undefined],
    [GREATEST, { include: '^t(.+)$', extract: '-$1' }, 't1 t2 tx', 't1'],
    // One extract: the newer build, as the text shows it, in both directions.
    [{ semver: '*' }, { include: '^([0-9.]+)-b\\d+$', extract: '$1' }, '1.0.0-b9 1.0.0-b10 0.9.0-b99', '1.0.0-b10'],
    [{ numerical: 'descending' }, { include: '^(\\d+)-b\\d+$', extract: '$1' }, '2-b9 1-b9 1-b10', '1-b10'],
    // Nothing extracted: nothing to compare, not the least text.
    [{ alphabetical: 'descending' }, { include: '^x(-.+)?$', extract: '$1' }, 'x x-b x-c', 'x-b'],
    // What keeps signatures is no tag to run, whatever lets it in.
    [LAST, { include: '^sha256-' }, `sha256-${'0'.repeat(64)}.sig`, undefined],
  ]
  for (const [select, filter, tags, selected] of cases) {
    it(`selects ${selected} of ${tags.slice(0, 40)} by ${JSON.stringify(filter)}`, () => {
      assert.equal(createPolicy(select, filter).select(tags.split(' ')), selected)
      assert.equal(createPolicy(select, filter).select(tags.split(' ').reverse()), selected)
    })
  }
})

describe('judge', () => {
  it('says what keeps each tag out', () => {
    const filter = { include: '^v(?P<v>.+)-alpine$', exclude: ['-rc', '9'], extract: '$v' }
    const tags = [
      'v1.0.0-alpine',
      'v1.1.0-alpine',
      'v3.0.0-alpine',
      'v2-alpine',
      'v1.9.0-alpine',
      'v1.2.0',
      'v1-rc-9-alpine',
    ]
    assert.deepEqual(
      createPolicy({ semver: '1.x' }, filter)
        .judge(tags)
        .map(({ tag, verdict, reason }) => [tag, verdict, reason]),
      [
        ['v1.1.0-alpine', 'selected', 'highest version in "1.x"'],
        ['v1.0.0-alpine', 'eligible', 'lower than v1.1.0-alpine'],
        ['v1-rc-9-alpine', 'rejected', 'matches the exclusion "-rc"'],
        ['v1.2.0', 'rejected', 'does not match "^v(?P<v>.+)-alpine$"'],
        ['v1.9.0-alpine', 'rejected', 'matches the exclusion "9"'],
        ['v2-alpine', 'rejected', 'compared as "2": not a version: three numbers with dots are needed'],
        ['v3.0.0-alpine', 'rejected', 'compared as "3.0.0": 3.0.0 is outside "1.x"'],
      ],
    )
  })
})

describe('compare', () => {
  const filter = { include: '^v(.+)-alpine$', exclude: ['-rc'], extract: '$1' }
  const cases: readonly [a: string, b: string, filter: TagFilter, sign: number | undefined][] = [
    ['v2-alpine', 'v10-alpine', filter, -1],
    ['v2-alpine', 'v2.0-alpine', filter, 0],
    ['v2-alpine', 'v10-debian', filter, undefined],
    ['v2-alpine', 'v3-rc-alpine', filter, undefined],
    // What a policy would not select may stand in Git, and is not to be undercut.
    ['2', '10', { include: '^.$' }, -1],
    ['2', '10', { exclude: ['^10$'] }, -1],
  ]
  for (const [a, b, tags, sign] of cases) {
    it(`ranks ${a} to ${b}: ${sign}`, () => {
      const order = createPolicy(GREATEST, tags).compare(a, b)
      assert.equal(order === undefined ? undefined : Math.sign(order), sign)
    })
  }
})

describe('createFilter', () => {
  const refused: readonly [filter: TagFilter, code: string][] = [
    [{ include: '(' }, 'INVALID_PATTERN'],
    [{ exclude: ['a', '['] }, 'INVALID_PATTERN'],
    [{ include: '(a)', extract: '$2' }, 'INVALID_EXTRACT'],
  ]
  for (const [filter, code] of refused) {
    it(`refuses ${JSON.stringify(filter)}`, () => {
      assert.throws(
        () => createPolicy(LAST, filter),
        (error) => error instanceof PolicyError && error.code === code,
      )
    })
  }
})

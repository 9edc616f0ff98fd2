import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tryParsePlatform } from '../../src/image/platform.js'
import { createPolicy, type Select } from '../../src/policies/create.js'
import type { TagFilter } from '../../src/policies/filter.js'
import { createGates } from '../../src/policies/gates.js'

/*
 * What Flux, Argo CD Image Updater, Kargo and Keel answer, for those who come from them. Ranges, versions and orders that
 * they share are in the tests of each kind; docs/policies.md lists where the answer is another one, and a test runs it.
 */

interface Case {
  readonly select: Select
  readonly tags: string
  readonly filter?: TagFilter
  /** What stands in Git. */
  readonly current?: string
  /** Seconds, in the order of the tags. */
  readonly created?: readonly number[]
}

/** From the best down to the worst. */
function order({ select, filter, tags, current, created }: Case): readonly string[] {
  const list = tags.split(' ')
  const createdAt = created && new Map(list.map((tag, index) => [tag, (created[index] ?? 0) * 1_000]))
  const verdicts = createPolicy(select, filter).judge(list, { current, createdAt })
  return verdicts.filter(({ verdict }) => verdict !== 'rejected').map(({ tag }) => tag)
}

function selects(cases: readonly [title: string, rule: Case, selected: string | undefined][]): void {
  for (const [title, rule, selected] of cases) {
    it(title, () => assert.equal(order(rule)[0], selected))
  }
}

const LAST: Select = { alphabetical: 'ascending' }
const ANY: Select = { semver: '*' }

describe('Flux', () => {
  const PATCHES = '6.7.0 6.7.1 6.8.0'
  const FLOATS = '47.40896403322944 27.8520927455902 5.0 53.47333823144817 31.05 9.4 2.25 0.1 53.4 12'

  selects([
    [
      'filters before it compares',
      { select: { semver: '6.7.x' }, filter: { include: '^6\\.7\\.\\d+$' }, tags: PATCHES },
      '6.7.1',
    ],
    [
      'leaves out what its repository excludes',
      { select: { semver: '6.7.x' }, filter: { exclude: ['^6\\.7\\.1$'] }, tags: PATCHES },
      '6.7.0',
    ],
    ['takes the greatest of decimals', { select: { numerical: 'ascending' }, tags: FLOATS }, '53.47333823144817'],
    ['takes the least of decimals', { select: { numerical: 'descending' }, tags: FLOATS }, '0.1'],
  ])

  const excluded: readonly [patterns: readonly string[], tags: string, left: string][] = [
    [['[abc]'], 'a b c d', 'd'],
    [['[a]', '[d]'], 'a b c d', 'c b'],
    [['aaa|ccc'], 'aaa bbb ccc ddd', 'ddd bbb'],
    [['^.*\\-alpha$', '^.*\\.sig$'], '0.1.0 0.2.0 0.2.-alpha 0.3.0 0.4.0 0.4.0.sig', '0.4.0 0.3.0 0.2.0 0.1.0'],
    [['^.*\\-alpha$'], '0.1.0 0.1.1.sig 0.2.0-alpha', '0.1.1.sig 0.1.0'],
  ]
  for (const [exclude, tags, left] of excluded) {
    it(`leaves ${left} by ${exclude.join(' and ')}`, () => {
      assert.deepEqual(order({ select: LAST, filter: { exclude }, tags }), left.split(' '))
    })
  }

  it('finds the same part in different tags', () => {
    const filter = { include: '^(?P<tag>123-[0-9]+\\.[0-9]+\\.[a-z0-9]+[^-debug])', extract: '$tag' }
    const debug = '123-123.123.abcd456-debug'
    assert.equal(createPolicy(LAST, filter).compare(debug, '123-123.123.abcd456'), 0)
  })
})

describe('Argo CD Image Updater', () => {
  const NAMES = 'zz bb cc yy aa ll'
  const VERSIONS = 'v2.0.2 v1.0 v1.0.1 v2.0.3 v2.0'

  selects([
    [
      'newest-build takes what was created last',
      { select: { newest: 'created' }, tags: NAMES, created: [0, 5, 10, 15, 20, 25] },
      'll',
    ],
    ['semver passes over names', { select: ANY, tags: NAMES }, undefined],
    ['alphabetical takes the last name', { select: LAST, tags: NAMES }, 'zz'],
    ['digest follows its tag', { select: { digest: 'latest' }, current: 'latest', tags: '1.0 latest 2.0' }, 'latest'],
    [
      'a tag in Git that is no version is no obstacle',
      { select: { semver: '^1.0' }, current: 'latest', tags: '1.0.1 1.1.2 2.0.3' },
      '1.1.2',
    ],
    ['prereleases stay out', { select: ANY, tags: 'v2.2.0 v2.3.0-rc.0.18.g1abb7b5dd-ppc64le' }, 'v2.2.0'],
    [
      'an allowed pattern matches anywhere',
      { select: LAST, filter: { include: '[a-z]+' }, tags: 'lemon 31337' },
      'lemon',
    ],
    [
      'ignored tags are a pattern',
      { select: LAST, filter: { exclude: ['^(tag1|tag2)$'] }, tags: 'tag1 tag2 tag3' },
      'tag3',
    ],
    [
      'ignored globs are one too',
      { select: LAST, filter: { exclude: ['^(tag.|foo)$'] }, tags: 'tag1 tag10 foo' },
      'tag10',
    ],
    ['a tag that is listed twice counts once', { select: ANY, tags: 'v1.0.0 v1.0.0' }, 'v1.0.0'],
  ])

  const orders: readonly [title: string, rule: Case, expected: string][] = [
    [
      'by time of creation',
      { select: { newest: 'created' }, tags: VERSIONS, created: [4, 1, 0, 3, 2] },
      'v2.0.2 v2.0.3 v2.0 v1.0 v1.0.1',
    ],
    [
      'by text where the times are the same',
      { select: { newest: 'created' }, tags: VERSIONS, created: [0, 0, 0, 0, 0] },
      'v2.0.3 v2.0.2 v2.0 v1.0.1 v1.0',
    ],
    ['by letters', { select: LAST, tags: 'wohoo bazar alpha jesus zebra' }, 'zebra wohoo jesus bazar alpha'],
  ]
  for (const [title, rule, expected] of orders) {
    it(`orders ${title}`, () => assert.deepEqual(order(rule), expected.split(' ')))
  }
})

describe('Kargo', () => {
  selects([
    ['strict versions have three numbers', { select: ANY, tags: 'invalid 1 1.0.0' }, '1.0.0'],
    ['a version keeps its v', { select: ANY, tags: 'invalid 1 v1.0.0' }, 'v1.0.0'],
    ['a name is no version', { select: ANY, tags: 'foo v1.0' }, undefined],
    ['allowed tags', { select: ANY, filter: { include: '^v1\\.' }, tags: 'v1.0.0 v2.0.0' }, 'v1.0.0'],
    ['ignored tags', { select: ANY, filter: { exclude: ['^v2\\.0\\.0$'] }, tags: 'v1.0.0 v2.0.0' }, 'v1.0.0'],
    [
      'ignored wins over allowed',
      { select: ANY, filter: { include: '^v1\\.', exclude: ['^v1\\.0\\.0$'] }, tags: 'v1.0.0' },
      undefined,
    ],
    [
      'both',
      { select: ANY, filter: { include: '^v1\\.', exclude: ['^v1\\.0\\.0$'] }, tags: 'v1.0.0 v1.1.0 v2.0.0' },
      'v1.1.0',
    ],
  ])

  it('orders versions', () => {
    const tags = '5.0.0 0.0.1 0.2.1 0.1.1 1.1.1 7.0.6 1.0.0 1.0.2'
    assert.deepEqual(order({ select: ANY, tags }), '7.0.6 5.0.0 1.1.1 1.0.2 1.0.0 0.2.1 0.1.1 0.0.1'.split(' '))
  })
})

describe('Keel', () => {
  const MAJOR: Select = { like: 'current' }
  const MINOR: Select = { same: 'major' }
  const PATCH: Select = { same: 'minor' }
  const DEVS = '1.3.0-dev 1.5.0 1.8.0-alpha'
  const FIXES = '1.3.0 1.5.0 2.0.0 1.2.1'
  const SHORT = '1.3 2.5 2.7 3.8'
  const BUILDS = 'build-2a3560ef-1694132169 build-1a3560ef-1696801785 build-3a3560ef-1695801785'

  // The tag in Git is listed, too. Where it is selected, nothing changes.
  const moves: readonly [policy: string, select: Select, current: string, added: string, moves: boolean][] = [
    ['all', MAJOR, '1.4.5', '1.4.3', false],
    ['all', MAJOR, '1.4.5', '1.4.6', true],
    ['all', MAJOR, '1.4.5', '1.4.5', false],
    ['all', MAJOR, '1.4', '1.5', true],
    ['all', MAJOR, '1.4.5', '3050', false],
    ['major', MAJOR, '1.4.5', '1.5.5', true],
    ['major', MAJOR, '1.4.5', '2.4.5', true],
    ['minor', MINOR, '1.4.5', '1.5.5', true],
    ['minor', MINOR, '1.4.5', '1.4.6', true],
    ['minor', MINOR, '1.4', '1.5', true],
    ['minor', MINOR, '1.4.5', '1.4.5-xx', false],
    ['minor', MINOR, 'v1.0.0', 'v1.0.1-metadata', false],
    ['minor', MINOR, 'v1.0.0-metadata', 'v1.0.1-metadata', true],
    ['minor', MINOR, '1.4.5-xx', '1.4.6-xx', true],
    ['minor', MINOR, '1.4.5-xx', '1.4.6-yy', false],
    ['patch', PATCH, '1.4.5', '1.4.6', true],
    ['patch', PATCH, '1.4', '1.5.6', false],
    ['patch', PATCH, '1.4', '1.5', false],
    ['patch', PATCH, '1.4.5', '1.4.4', false],
    ['patch', PATCH, '1.4.5', '2.4.6', false],
    ['patch', PATCH, '1.4.5', '1.4.5', false],
    ['force, matching tags', { digest: 'latest' }, 'latest', 'main', false],
    ['force, matching tags', { digest: '1.2.3' }, '1.2.3', '1.2.4', false],
    ['glob:latest', { digest: 'latest' }, 'latest', 'earliest', false],
  ]
  for (const [policy, select, current, added, expected] of moves) {
    it(`${policy} ${expected ? 'moves' : 'does not move'} ${current} to ${added}`, () => {
      assert.equal(order({ select, tags: `${current} ${added}`, current })[0], expected ? added : current)
    })
  }

  selects([
    ['major of two numbers', { select: MAJOR, tags: SHORT, current: '1.3' }, '3.8'],
    ['major of two numbers, further on', { select: MAJOR, tags: SHORT, current: '2.5' }, '3.8'],
    ['minor of two numbers', { select: MINOR, tags: SHORT, current: '2.5' }, '2.7'],
    ['major of a release', { select: MAJOR, tags: DEVS, current: '1.1.0' }, '1.5.0'],
    ['major of a prerelease', { select: MAJOR, tags: DEVS, current: '1.2.0-dev' }, '1.3.0-dev'],
    ['all of a prerelease', { select: MAJOR, tags: DEVS, current: '1.6.0-alpha' }, '1.8.0-alpha'],
    [
      'minor of numbered builds',
      { select: MINOR, tags: 'v0.1.2-ls1 v0.1.3-ls2 v0.2.0-ls2 v0.2.0-ls3', current: 'v0.1.0-ls1' },
      'v0.2.0-ls3',
    ],
    ['patch', { select: PATCH, tags: FIXES, current: '1.2.0' }, '1.2.1'],
    ['minor', { select: MINOR, tags: FIXES, current: '1.2.0' }, '1.5.0'],
    ['major', { select: MAJOR, tags: FIXES, current: '1.2.0' }, '2.0.0'],
    ['minor where tags differ in numbers', { select: MINOR, tags: '1.3 1.5 2.0 1.2.1', current: '1.2' }, '1.5'],
    ['major where tags differ in numbers', { select: MAJOR, tags: '1.3 1.5 2.0 1.2.1', current: '1.2' }, '2.0'],
    [
      'a glob',
      { select: LAST, filter: { include: '^build-' }, tags: '1.3.0-dev build-1694132169 build-1696801785' },
      'build-1696801785',
    ],
    [
      'a glob with dates',
      { select: LAST, filter: { include: '^latest\\.' }, tags: 'latest.20241321 latest.20251321' },
      'latest.20251321',
    ],
    [
      'a pattern that names what is compared',
      { select: LAST, filter: { include: '^build-.*-(?P<compare>.+)$', extract: '$compare' }, tags: BUILDS },
      'build-1a3560ef-1696801785',
    ],
    [
      'a pattern that does not',
      { select: LAST, filter: { include: '^build-.*$' }, tags: BUILDS },
      'build-3a3560ef-1695801785',
    ],
    [
      'force, to a higher version',
      { select: ANY, tags: '3.0.0 3.0.1 5.0.0 7.9.1-1-ubi8 8.0.0 8.3.1 latest', current: '7.9.1-1-ubi8' },
      '8.3.1',
    ],
    [
      'force, from one version of a kind to the next',
      { select: MAJOR, tags: '8.0.0 8.1.0 8.2.0', current: '8.1.0' },
      '8.2.0',
    ],
    ['force, where all are lower', { select: MAJOR, tags: '3.0.0 5.0.0', current: '7.9.1-1-ubi8' }, undefined],
  ])
})

describe('platforms', () => {
  const read = (texts: string) => texts.split(' ').flatMap((text) => tryParsePlatform(text) ?? [])

  // An image must run on each. Argo CD Image Updater is content with one of several, and Kargo is told only one.
  const cases: readonly [built: string, wanted: string, passes: boolean][] = [
    ['linux/amd64', 'linux/amd64', true],
    ['linux/arm64', 'linux/amd64', false],
    ['linux/arm/v7', 'linux/arm/v7', true],
    ['linux/arm/v7 linux/arm64/v8', 'linux/arm/v7 linux/arm64', true],
    ['linux/amd64', 'linux/arm/v7', false],
    ['linux/amd64/v3', 'linux/amd64', false],
    ['darwin/arm/v7', 'linux/arm/v7', false],
    ['linux', 'linux/amd64', false],
    ['', 'linux/amd64', false],
    // A machine runs what was built for an earlier version of its own architecture, and `linux/arm` is `linux/arm/v7`.
    ['linux/arm/v6', 'linux/arm/v7', true],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm/v8', 'linux/arm', false],
  ]
  for (const [built, wanted, passes] of cases) {
    it(`${built || 'nothing'} ${passes ? 'is enough' : 'is not enough'} for ${wanted}`, () => {
      const [gate] = createGates({ platforms: read(wanted) })
      assert.equal(gate?.('1.0.0', { platforms: read(built) }, 0) === undefined, passes)
    })
  }

  it('are not looked at where none is wanted', () => assert.deepEqual(createGates({}), []))
})

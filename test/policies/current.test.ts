import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPolicy, type Select } from '../../src/policies/create.js'
import type { TagFilter } from '../../src/policies/filter.js'

const LIKE: Select = { like: 'current' }
const MAJOR: Select = { same: 'major' }
const MINOR: Select = { same: 'minor' }
const PATCH: Select = { same: 'patch' }

const LONG = '9'.repeat(40)

describe('select', () => {
  const cases: readonly [select: Select, current: string, tags: string, selected: string | undefined][] = [
    // As many numbers, whatever their number.
    [LIKE, '3', '2 3 4 4.1 4.1.0 latest', '4'],
    [LIKE, '1.27', '1.27 1.28 2 2.1.0 2.0', '2.0'],
    [LIKE, '5.2.3', '5.2.3 5.2.4 6.0.0 6.1 7 8.0.0.1', '6.0.0'],
    [LIKE, '1.2.3.4', '1.2.3.4 1.2.3.10 1.2.9 2.0.0', '1.2.3.10'],
    [LIKE, '1.2.3', '', undefined],
    [LIKE, '1.2.3', '1.2.3', '1.2.3'],
    [LIKE, '1.2.3', '1.2.2 1.1.0', '1.2.2'],
    [LIKE, `${LONG}0`, `${LONG}0 ${LONG}1 ${LONG}`, `${LONG}1`],
    [LIKE, '1.9', '1.9 1.10', '1.10'],

    // The same text behind them.
    [LIKE, '1.27-alpine', '1.27-alpine 1.28 1.28-alpine 1.28-alpine3.20 1.28-bookworm 1.28-alpine-slim', '1.28-alpine'],
    [LIKE, '1.27', '1.27 1.28-alpine', '1.27'],
    [LIKE, '1.2.3-rc.1', '1.2.3-rc.1 1.2.3-rc.2 1.2.4 1.2.4-rc.1', '1.2.4-rc.1'],
    [LIKE, '1.2.3_4', '1.3.0_4 1.3.0_5', '1.3.0_4'],
    [LIKE, '3.12b1', '3.12b1 3.13b1 3.13 3.14b2', '3.13b1'],
    [LIKE, '4.1.0.Final', '4.1.0.Final 4.2.0.Final 4.3.0 4.3.0.Beta', '4.2.0.Final'],

    // A "v" may come or go, and stays where it can.
    [LIKE, 'v1.2.3', 'v1.2.3 1.2.4', '1.2.4'],
    [LIKE, 'v1.2.3', 'v1.2.4 1.2.4', 'v1.2.4'],
    [LIKE, '1.2.3', 'v1.2.4 1.2.4', '1.2.4'],
    [LIKE, '1.2.3', 'v1.2.4 1.2.4 v1.2.5', 'v1.2.5'],

    // Dates, commits and other stamps are no versions.
    [LIKE, '5.2.3', '5.2.3 20.04.1', '5.2.3'],
    [LIKE, '5.12.3', '5.12.3 20.04.1 5.12.4', '5.12.4'],
    [LIKE, '20.04.1', '20.04.1 20.10.1 22.04.10 5.2.3', '22.04.10'],
    [LIKE, '2025.02.03', '2025.02.03 2025.10.01 2025.2.4', '2025.10.01'],
    [LIKE, '2025.10.01', '2025.10.01 2026.01.31 3.0.0', '2026.01.31'],
    [LIKE, '3', '3 4 20240329 1234567', '4'],
    [LIKE, '20240101', '20240101 20240329 5', '20240329'],
    [LIKE, '1.2.3', '1.2.3 1.2.20240329', '1.2.3'],
    [LIKE, '1.2.3', '1.2.3 4e5f6a7 123456e', '1.2.3'],
    [LIKE, '1.2.0', '1.2.0 1.2.1 1.2.2', '1.2.2'],
    [LIKE, '0.1', '0.1 0.2 0.10', '0.10'],

    // What has no version leaves nothing to compare with.
    [LIKE, 'latest', 'latest 1.2.3', undefined],
    [LIKE, 'main-1.2.3', 'main-1.2.4', undefined],
    [LIKE, '1a2b3c4', '1a2b3c5 9a2b3c4 1', undefined],
    [MINOR, 'edge', 'edge 1.2.3', undefined],

    // The numbers up to a level stay.
    [MAJOR, '5.2.3', '5.2.3 5.3.0 5.10.0 6.0.0 20.04.1', '5.10.0'],
    [MINOR, '5.2.3', '5.2.3 5.2.10 5.3.0', '5.2.10'],
    [PATCH, '5.2.3', '5.2.3 5.2.4', '5.2.3'],
    [PATCH, '5.2.3-r1', '5.2.3-r1 5.2.3-r2 5.2.3-r10 5.2.4-r1 5.2.3', '5.2.3-r10'],
    [PATCH, '1.2.3.4', '1.2.3.4 1.2.3.5 1.2.4.0', '1.2.3.5'],
    [MAJOR, '5', '5 6 5.1', '5'],
    [MINOR, '5.2', '5.2 5.3 5.2.1', '5.2'],
    [MAJOR, `${LONG}0.1`, `${LONG}0.2 ${LONG}1.0`, `${LONG}0.2`],

    // Numbers in the suffix may change then.
    [MAJOR, '1.27-alpine3.18', '1.27-alpine3.18 1.27-alpine3.19 1.28-alpine3.20 1.29-alpine', '1.28-alpine3.20'],
    [MINOR, '1.27-alpine3.9', '1.27-alpine3.9 1.27-alpine3.10', '1.27-alpine3.10'],
    [MINOR, '1.4.2-alpine3.19', '1.4.2-alpine3.20 1.4.10-alpine3.18 1.4.11', '1.4.10-alpine3.18'],
    [MAJOR, '2.0.0-rc.1', '2.0.0-rc.1 2.0.0-rc.10 2.0.0-rc.2 2.0.0 2.0.0-beta.11', '2.0.0-rc.10'],
    [MAJOR, '1.2.3', '1.2.4-1', undefined],
  ]
  for (const [select, current, tags, selected] of cases) {
    it(`selects ${selected?.slice(0, 40)} by ${JSON.stringify(select)} for ${current.slice(0, 40)}`, () => {
      const policy = createPolicy(select)
      assert.equal(policy.select(tags.split(' '), { current }), selected)
      assert.equal(policy.select(tags.split(' ').reverse(), { current }), selected)
    })
  }
})

describe('a filter', () => {
  const BUILDS: TagFilter = { include: '^release-(.*)-[0-9a-f]{7}$', extract: '$1' }
  const cases: readonly [filter: TagFilter, current: string, tags: string, selected: string | undefined][] = [
    [BUILDS, 'release-1.2.3-0a1b2c3', 'release-1.2.4-d4e5f6a release-1.3-d4e5f6a 1.9.9', 'release-1.2.4-d4e5f6a'],
    [BUILDS, '1.2.3', 'release-1.2.4-d4e5f6a', undefined],
    [{ exclude: ['-rc'] }, '1.2.3', '1.2.4 1.2.4-rc 1.2.5', '1.2.5'],
    // What stands in Git is compared with, though it would not be selected.
    [{ exclude: ['^1\\.2\\.3$'] }, '1.2.3', '1.2.3 1.2.4', '1.2.4'],
  ]
  for (const [filter, current, tags, selected] of cases) {
    it(`selects ${selected} for ${current} by ${JSON.stringify(filter)}`, () => {
      assert.equal(createPolicy(LIKE, filter).select(tags.split(' '), { current }), selected)
    })
  }
})

describe('judge', () => {
  const judged = (select: Select, current: string | undefined, tags: string, filter?: TagFilter) =>
    createPolicy(select, filter)
      .judge(tags.split(' '), { current })
      .map(({ tag, verdict, reason }) => `${tag} ${verdict}: ${reason}`)

  it('says what is unlike', () => {
    const tags = 'v1.4.2-alpine v1.5.0-alpine 1.5.0-alpine 1.5-alpine 2-alpine 2.0.0 1.05.0-alpine latest'
    assert.deepEqual(judged(LIKE, 'v1.4.2-alpine', tags), [
      'v1.5.0-alpine selected: highest version like v1.4.2-alpine',
      '1.5.0-alpine eligible: same version as v1.5.0-alpine, which has a "v" too',
      'v1.4.2-alpine eligible: lower than v1.5.0-alpine',
      '1.05.0-alpine rejected: counts in another way than v1.4.2-alpine',
      '1.5-alpine rejected: has 2 numbers, and v1.4.2-alpine has 3',
      '2-alpine rejected: has 1 number, and v1.4.2-alpine has 3',
      '2.0.0 rejected: has another suffix than v1.4.2-alpine',
      'latest rejected: has no version to compare',
    ])
  })

  it('names the first number that would change', () => {
    assert.deepEqual(judged(PATCH, '1.4.2-r1', 'v1.4.2-r2 1.4.2-r2 1.4.3-r1 1.5.2-r1 2.4.2-r1 1.4.2'), [
      '1.4.2-r2 selected: highest version like 1.4.2-r1 within 1.4.2',
      'v1.4.2-r2 eligible: same version as 1.4.2-r2, which has no "v" either',
      '1.4.2 rejected: has another suffix than 1.4.2-r1',
      '1.4.3-r1 rejected: has another patch number than 1.4.2-r1',
      '1.5.2-r1 rejected: has another minor number than 1.4.2-r1',
      '2.4.2-r1 rejected: has another major number than 1.4.2-r1',
    ])
  })

  const EXTRACT: TagFilter = { include: '^b-(.*)$', extract: '$1' }

  it('says what is compared', () => {
    assert.deepEqual(judged(MAJOR, 'b-1.4.2', 'b-1.4.3 b-2.0.0 c', EXTRACT), [
      'b-1.4.3 selected: highest version like 1.4.2 within 1',
      'b-2.0.0 rejected: compared as "2.0.0": has another major number than 1.4.2',
      'c rejected: does not match "^b-(.*)$"',
    ])
  })

  const nothing: readonly [current: string | undefined, filter: TagFilter | undefined, reason: string][] = [
    [undefined, undefined, 'what stands in Git is not known'],
    ['latest', undefined, 'what stands in Git, latest, has no version to compare with'],
    ['1.2.3', EXTRACT, 'what stands in Git, 1.2.3, has no version to compare with'],
  ]
  for (const [current, filter, reason] of nothing) {
    it(`rejects every tag where ${reason}`, () => {
      for (const select of [LIKE, MAJOR])
        assert.deepEqual(judged(select, current, 'b-1', filter), [`b-1 rejected: ${reason}`])
    })
  }
})

describe('compare', () => {
  const cases: readonly [a: string, b: string, sign: number | undefined][] = [
    ['1.2.3', '1.2.4', -1],
    ['v1.2.3', '1.2.3', 0],
    ['1.2', '1.2.0', 0],
    ['1.2.1', '1.2', 1],
    ['1.2.3-alpine3.9', '1.2.3-alpine3.10', -1],
    ['1.2.4-alpine3.9', '1.2.3-alpine3.10', 1],
    [`${LONG}1`, `${LONG}0`, 1],
    ['latest', '1.2.3', undefined],
    ['1.2.3', '1a2b3c4', undefined],
  ]
  for (const [a, b, sign] of cases) {
    it(`ranks ${a.slice(0, 20)} to ${b.slice(0, 20)}: ${sign}, whatever stands in Git`, () => {
      for (const current of [undefined, a, 'latest']) {
        const order = createPolicy(MINOR).compare(a, b, { current })
        assert.equal(order === undefined ? undefined : Math.sign(order), sign)
      }
    })
  }
})

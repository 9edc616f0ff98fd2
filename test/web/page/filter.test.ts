import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Filter, filterOf, filterPolicies, PAGE_SIZE, pathOf } from '../../../src/web/page/filter.js'
import { madeUpPolicy } from './made-up-status.js'

test('reads what a query asks for, and takes the rest for not said', () => {
  const cases: [query: string, filter: Filter, path: string][] = [
    ['', { text: '', page: 1 }, '/'],
    ['q=+App+&state=held&page=3', { text: 'App', state: 'held', page: 3 }, '/?q=App&state=held&page=3'],
    ['q=a%26b', { text: 'a&b', page: 1 }, '/?q=a%26b'],
    ['state=merry&page=0', { text: '', page: 1 }, '/'],
    ['page=1.5', { text: '', page: 1 }, '/'],
    ['page=-1', { text: '', page: 1 }, '/'],
    ['page=1e400', { text: '', page: 1 }, '/'],
    [`q=${'x'.repeat(500)}`, { text: 'x'.repeat(200), page: 1 }, `/?q=${'x'.repeat(200)}`],
    ['state=constructor', { text: '', page: 1 }, '/'],
  ]
  for (const [query, filter, path] of cases) {
    assert.deepEqual(filterOf(new URLSearchParams(query)), filter, query)
    assert.equal(pathOf(filter), path)
  }
})

test('shows the worst first, and then by name', () => {
  const policies = [
    madeUpPolicy('a'),
    madeUpPolicy('b', { state: 'held' }),
    madeUpPolicy('c', { state: 'failing' }),
    madeUpPolicy('d', { state: 'unknown', image: 'ghcr.io/Org/B' }),
    madeUpPolicy('e', { state: 'held' }),
  ]
  const cases: [filter: Partial<Filter>, names: string][] = [
    [{}, 'c b e a d'],
    [{ state: 'held' }, 'b e'],
    [{ text: 'B' }, 'b d'],
    [{ text: 'org/b' }, 'd'],
    [{ text: 'b', state: 'held' }, 'b'],
    [{ text: 'nothing' }, ''],
  ]
  for (const [filter, names] of cases) {
    const { rows, total } = filterPolicies(policies, { text: '', page: 1, ...filter })
    assert.equal(rows.map(({ name }) => name).join(' '), names)
    assert.equal(total, rows.length)
  }
})

test('has pages, and shows the last one for any that comes later', () => {
  const policies = Array.from({ length: 2 * PAGE_SIZE + 1 }, (_, index) => madeUpPolicy(`p${1_000 + index}`))
  const cases: [page: number, shown: number, first: string, rows: number][] = [
    [1, 1, 'p1000', PAGE_SIZE],
    [2, 2, 'p1100', PAGE_SIZE],
    [3, 3, 'p1200', 1],
    [99, 3, 'p1200', 1],
  ]
  for (const [page, shown, first, rows] of cases) {
    const found = filterPolicies(policies, { text: '', page })
    assert.deepEqual([found.page, found.rows[0]?.name, found.rows.length, found.pages], [shown, first, rows, 3])
  }
})

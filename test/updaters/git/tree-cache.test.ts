import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TreeEntry } from '../../../src/updaters/git/repository.js'
import { treeCache } from '../../../src/updaters/git/tree-cache.js'

const entries = (count: number) =>
  Array.from({ length: count }, (): TreeEntry => ({ name: 'a', type: 'file', oid: '' }))

test('trees stay until those asked for the longest have to go', () => {
  const cache = treeCache(9)
  for (const oid of ['a', 'b', 'c']) cache.set(oid, entries(2))
  assert.equal(cache.get('a')?.length, 2)
  cache.set('d', entries(2))
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].filter((oid) => cache.get(oid) !== undefined),
    ['a', 'c', 'd'],
  )
  cache.set('a', entries(8))
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].filter((oid) => cache.get(oid) !== undefined),
    ['a'],
  )
  cache.set('e', entries(100))
  assert.deepEqual(
    ['a', 'e'].filter((oid) => cache.get(oid) !== undefined),
    [],
  )
})

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { groupBy } from '../src/group-by.js'

it('groups by key, keys and items in the order in which they come', () => {
  const groups = groupBy(['beta', 'alpha', 'bravo', 'atlas'], (text) => text[0])
  assert.deepEqual(
    [...groups],
    [
      ['b', ['beta', 'bravo']],
      ['a', ['alpha', 'atlas']],
    ],
  )
})

it('makes no group of nothing', () => {
  assert.deepEqual([...groupBy([], String)], [])
})

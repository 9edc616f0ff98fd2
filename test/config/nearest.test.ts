import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest, suggestion } from '../../src/config/nearest.js'

const KEYS = ['image', 'interval', 'schedule', 'timezone', 'select', 'downgrade', 'write']

const NEAREST: readonly [string, string | undefined][] = [
  ['intervall', 'interval'],
  ['inteval', 'interval'],
  ['intreval', 'interval'],
  ['Interval', 'interval'],
  ['imgae', 'image'],
  ['writes', 'write'],
  ['time_zone', 'timezone'],
  ['selekt', 'select'],
  ['', undefined],
  ['x', undefined],
  ['policy', undefined],
  ['schdl', undefined],
  ['interval'.repeat(10), undefined],
]

for (const [word, expected] of NEAREST) {
  test(`nearest to ${JSON.stringify(word)} is ${expected ?? 'nothing'}`, () => {
    assert.equal(nearest(word, KEYS), expected)
  })
}

test('the first of equally near candidates is taken', () => {
  assert.equal(nearest('fleet', ['fleets', 'sleet']), 'fleets')
})

test('a suggestion ends a message, or is nothing', () => {
  assert.equal(suggestion('gti', ['git']), ', did you mean "git"?')
  assert.equal(suggestion('policies', ['git']), '')
})

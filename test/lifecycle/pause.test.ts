import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPausing } from '../../src/lifecycle/pause.js'

const CASES: readonly (readonly [name: string, until: number, lasts: boolean])[] = [
  ['lasts until its end', 1_001, true],
  ['is over at its end', 1_000, false],
  ['lasts when it has just begun', 1_500, true],
  ['is over where it would last longer than any does', 1_501, false],
]

for (const [name, until, lasts] of CASES) {
  test(`a pause ${name}`, () => assert.equal(isPausing(until, 1_000, 500), lasts))
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Backoff, backoffMs } from '../../src/lifecycle/backoff.js'

const seconds: Backoff = { baseMs: 1_000, maxMs: 30_000 }
const almostOne = 1 - Number.EPSILON

const pauses: readonly (readonly [attempt: number, backoff: Backoff, random: number, expectedMs: number])[] = [
  [1, seconds, 0, 500],
  [1, seconds, 0.5, 750],
  [1, seconds, almostOne, 1_000],
  [2, seconds, 0, 1_000],
  [5, seconds, 0, 8_000],
  [6, seconds, 0, 15_000],
  [6, seconds, almostOne, 30_000],
  [5_000, seconds, almostOne, 30_000],
  [3, { ...seconds, factor: 3 }, almostOne, 9_000],
  [3, { ...seconds, factor: 1 }, almostOne, 1_000],
]

for (const [attempt, backoff, random, expectedMs] of pauses) {
  test(`attempt ${attempt} of ${JSON.stringify(backoff)} with chance ${random} waits ${expectedMs} ms`, () => {
    assert.equal(
      backoffMs(attempt, backoff, () => random),
      expectedMs,
    )
  })
}

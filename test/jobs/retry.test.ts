import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RETRY, retryPauseMs } from '../../src/jobs/retry.js'

const PAUSES: readonly [failures: number, error: unknown, expectedMs: number][] = [
  [1, new Error('away'), 500],
  [3, undefined, 2_000],
  [1, { retryAt: 10_200 }, 500],
  [1, { retryAt: 40_000 }, 30_000],
  [1, { retryAt: 5_000 }, 500],
  [1, { retryAt: 10_000 + 86_400_000 }, 3_600_000],
  [1, { retryAt: undefined }, 500],
]

for (const [failures, error, expectedMs] of PAUSES) {
  test(`the pause after failure ${failures} with ${JSON.stringify(error)} is ${expectedMs} ms`, () => {
    assert.equal(
      retryPauseMs(failures, RETRY, error, 10_000, () => 0),
      expectedMs,
    )
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryParseDuration } from '../../src/config/duration.js'

const DURATIONS: readonly [string, number | undefined][] = [
  ['300ms', 300],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['1d2h3m4s5ms', 93_784_005],
  ['0s', 0],
  ['', undefined],
  ['5', undefined],
  ['m', undefined],
  ['5 m', undefined],
  [' 5m', undefined],
  ['5m\n', undefined],
  ['1.5h', undefined],
  ['-5m', undefined],
  ['5M', undefined],
  ['30m1h', undefined],
  ['1h1h', undefined],
  ['5 minutes', undefined],
  ['1w', undefined],
  ['9999999999s', undefined],
  ['٥m', undefined],
]

for (const [text, expected] of DURATIONS) {
  test(`duration ${JSON.stringify(text)} is ${expected ?? 'refused'}`, () => {
    assert.equal(tryParseDuration(text), expected)
  })
}

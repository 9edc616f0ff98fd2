import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatDuration, formatInstant } from '../../src/policies/time-text.js'

describe('formatDuration', () => {
  const cases: readonly [durationMs: number, text: string][] = [
    [0, '0s'],
    [1, '1ms'],
    [90_000, '1m30s'],
    [24 * 3_600_000, '1d'],
    [90_061_001, '1d1h1m1s1ms'],
    [14 * 86_400_000, '14d'],
    [0.4, '0s'],
  ]
  for (const [durationMs, text] of cases) {
    it(`has ${durationMs} ms as ${text}`, () => assert.equal(formatDuration(durationMs), text))
  }
})

describe('formatInstant', () => {
  const cases: readonly [instant: number, text: string][] = [
    [0, '1970-01-01T00:00:00Z'],
    [Date.parse('2026-11-20T10:00:00.999Z'), '2026-11-20T10:00:00Z'],
    [Number.MAX_VALUE, '+275760-09-13T00:00:00Z'],
    [-Number.MAX_VALUE, '-271821-04-20T00:00:00Z'],
  ]
  for (const [instant, text] of cases) it(`has ${instant} as ${text}`, () => assert.equal(formatInstant(instant), text))
})

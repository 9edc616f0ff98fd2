import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseRetryAfter } from '../../src/net/retry-after.js'

const NOW = Date.UTC(2026, 10, 20, 12)
const HOUR_MS = 3_600_000

const CASES: readonly [header: string | undefined, expected: number | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['-5', undefined],
  ['0', NOW],
  ['120', NOW + 120_000],
  ['86400', NOW + HOUR_MS],
  ['Fri, 20 Nov 2026 12:05:00 GMT', NOW + 300_000],
  ['Fri, 20 Nov 2026 11:00:00 GMT', NOW],
  ['Sat, 21 Nov 2026 12:00:00 GMT', NOW + HOUR_MS],
  [String(NOW / 1_000 + 60), NOW + 60_000],
  [String(NOW / 1_000 - 60), NOW],
  ['9'.repeat(400), undefined],
]

for (const [header, expected] of CASES) {
  it(`reads ${header?.slice(0, 40)}`, () => assert.equal(parseRetryAfter(header, NOW), expected))
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relativeTime, timeShown } from '../../../src/web/page/times.js'
import { NOW } from './made-up-status.js'

const S = 1_000
const MIN = 60 * S
const H = 60 * MIN
const DAY = 24 * H

test('says how long ago it was, as exact as one needs it', () => {
  const cases: [sinceMs: number, words: string][] = [
    [0, 'just now'],
    [9_999, 'just now'],
    [10 * S, '10 s ago'],
    [59_999, '59 s ago'],
    [MIN, '1 min ago'],
    [H - 1, '59 min ago'],
    [H, '1 h ago'],
    [2 * DAY - 1, '47 h ago'],
    [2 * DAY, '2 days ago'],
    [400 * DAY, '400 days ago'],
    [-9 * S, 'just now'],
    [-89 * S, 'in 1 min'],
    [-59_600, 'in 1 min'],
    [-(2 * H - S), 'in 2 h'],
    [-3 * DAY, 'in 3 days'],
  ]
  for (const [since, words] of cases) assert.equal(relativeTime(NOW - since, NOW), words)
})

test('has the instant itself for who asks, whatever it is', () => {
  assert.equal(
    String(timeShown(NOW - MIN, NOW)),
    '<time datetime="2026-11-20T09:59:00.000Z" title="2026-11-20 09:59:00 UTC">1 min ago</time>',
  )
  for (const at of [Number.NaN, Number.POSITIVE_INFINITY, 9e15])
    assert.equal(String(timeShown(at, NOW)), 'at some time')
})

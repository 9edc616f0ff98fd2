import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oneLine, steeringNothing } from '../../src/telemetry/one-line.js'

const CASES: readonly (readonly [string, string])[] = [
  ['apps/größe – 1.yaml', 'apps/größe – 1.yaml'],
  ['a\n\nTidemark-Update: p i 1 -> 2', 'a\\u{a}\\u{a}Tidemark-Update: p i 1 -> 2'],
  ['\x1b[2J\x9b1m\x07', '\\u{1b}[2J\\u{9b}1m\\u{7}'],
  ['exe.\u202elmay', 'exe.\\u{202e}lmay'],
  ['a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
  ['\u{e0041}\ud800', '\\u{e0041}\\u{d800}'],
  ['x'.repeat(2_001), `${'x'.repeat(2_000)}…`],
]

for (const [text, expected] of CASES) {
  test(`${JSON.stringify(text.slice(0, 40))} is one line that steers nothing`, () => {
    assert.equal(oneLine(text), expected)
  })
}

test('lines stay lines, and steer nothing', () => {
  assert.equal(
    steeringNothing(' a\t1\r\n-b\x1b[2J\r1\n+\u202e\u2028ö\n'),
    ' a\t1\r\n-b\\u{1b}[2J\\u{d}1\n+\\u{202e}\\u{2028}ö\n',
  )
})

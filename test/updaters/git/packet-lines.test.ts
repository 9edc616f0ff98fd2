import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packetLine, packets, splitBands, textLines } from '../../../src/updaters/git/packet-lines.js'
import { gitError } from './scene.js'

const read = (text: string) => [...packets(Buffer.from(text))].map(String)

test('packets are read in order', () => {
  const cases: [string, string[]][] = [
    ['', []],
    ['0000', ['flush']],
    ['0006a\n0005b00010002', ['a\n', 'b', 'delimiter', 'end']],
    ['0004', ['']],
    ['000Aabcdef', ['abcdef']],
  ]
  for (const [text, expected] of cases) assert.deepEqual(read(text), expected, text)
})

test('what is not the protocol is told from what ends too early', () => {
  for (const text of ['nonsense', '0003', '<html>', '-001'])
    assert.throws(() => read(text), gitError('INVALID_ANSWER', false, /not the Git protocol/), text)
  for (const text of ['0', '000', '0006a', '0000000', 'ffffabc'])
    assert.throws(() => read(text), gitError('INVALID_ANSWER', true, /too early/), text)
})

test('a line is written with its length in bytes', () => {
  assert.equal(packetLine('a\n').toString(), '0006a\n')
  assert.equal(packetLine('é').toString(), '0006é')
})

test('lines end with a flush packet or an error', () => {
  assert.deepEqual(textLines(packets(Buffer.from('0006a\n0005b0000'))), ['a', 'b'])
  assert.deepEqual(textLines(packets(Buffer.from('0009ERR x'))), ['ERR x'])
  assert.throws(() => textLines(packets(Buffer.from('0006a\n'))), gitError('INVALID_ANSWER', true))
  assert.throws(() => textLines([]), gitError('INVALID_ANSWER', true))
})

test('bands are taken apart', () => {
  const { lines, data, messages, gaveUp } = splitBands(Buffer.from('0008NAK\n0006\x01P0006\x02m0006\x01Q0000'))
  assert.deepEqual([lines, data.toString(), messages, gaveUp], [['NAK'], 'PQ', 'm', false])
  assert.equal(splitBands(Buffer.from('0006\x03x')).gaveUp, true)
  assert.throws(() => splitBands(Buffer.from('0008NAK\n0006\x01P')), gitError('INVALID_ANSWER', true))
})

test('packets without end are refused', () => {
  const empty = Buffer.from('0004'.repeat(4_000_001))
  assert.throws(() => splitBands(empty), gitError('TOO_LARGE', false, /4000000 packets/))
})

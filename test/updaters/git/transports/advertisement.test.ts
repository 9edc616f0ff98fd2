import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLUSH, packetLine } from '../../../../src/updaters/git/packet-lines.js'
import { scanAdvertisement } from '../../../../src/updaters/git/transports/advertisement.js'
import { gitError } from '../scene.js'

const FIRST = 'version 2\n'
const ADVERTISEMENT = Buffer.concat([packetLine(FIRST), packetLine('fetch=shallow filter\n'), FLUSH])

test('the end is found however the bytes arrive, and what follows is left', () => {
  const bytes = Buffer.concat([ADVERTISEMENT, packetLine('an answer')])
  for (let size = 1; size <= bytes.length; size++) {
    const scan = scanAdvertisement()
    let end: number | undefined
    let from = 0
    for (; end === undefined; from += size) end = scan.feed(bytes.subarray(from, from + size))
    assert.equal(from - size + end, ADVERTISEMENT.length, `pieces of ${size}`)
    assert.equal(scan.first(), FIRST)
  }
})

test('an end that has not come is not found', () => {
  for (let length = 0; length < ADVERTISEMENT.length; length++)
    assert.equal(scanAdvertisement().feed(ADVERTISEMENT.subarray(0, length)), undefined)
})

test('what is said instead of it is shown', () => {
  const cases: [text: string, reason: RegExp][] = [
    ['Welcome to\x1b[1m the server\n', /^server says "Welcome to \[1m the server" and not the Git protocol$/],
    ['0003', /says "0003"/],
    ['0001', /says "0001"/],
    [`no such thing${'!'.repeat(1_000)}`, /^.{100,260}$/],
  ]
  for (const [text, reason] of cases)
    assert.throws(() => scanAdvertisement().feed(Buffer.from(text)), gitError('INVALID_ANSWER', false, reason), text)
})

test('of a long first packet the beginning is kept', () => {
  const scan = scanAdvertisement()
  scan.feed(packetLine('x'.repeat(60_000)))
  assert.ok(scan.first().length <= 2_000)
})

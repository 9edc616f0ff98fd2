import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyDelta, deltaOfPatched, deltaSizes } from '../../../src/updaters/git/delta.js'
import { appending } from './packs.js'
import { gitError } from './scene.js'

const base = Buffer.from('0123456789')

test('a delta makes an object of its base', () => {
  const cases: [number[], string][] = [
    [[10, 3, 3, 97, 98, 99], 'abc'],
    [[10, 10, 0x90, 10], '0123456789'],
    [[10, 3, 0x91, 7, 3], '789'],
    [[10, 5, 0x91, 8, 2, 1, 120, 0x90, 2], '89x01'],
    [[10, 0], ''],
  ]
  for (const [delta, expected] of cases) assert.equal(applyDelta(base, Buffer.from(delta)).toString(), expected)
  assert.equal(applyDelta(base, appending('0123456789', 'abc')).toString(), '0123456789abc')
})

test('a copy without a size has 65536 bytes', () => {
  const large = Buffer.alloc(70_000, 'x')
  const delta = Buffer.from([0xf0, 0xa2, 0x04, 0x80, 0x80, 0x04, 0x80])
  assert.deepEqual(deltaSizes(delta), { base: 70_000, result: 65_536, at: 6 })
  assert.equal(applyDelta(large, delta).length, 65_536)
})

test('a malformed delta is refused', () => {
  const cases: [string, number[]][] = [
    ['nothing', []],
    ['no result size', [10]],
    ['a size without end', [0x8a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ['another base', [9, 1, 0x90, 1]],
    ['a copy from beyond the base', [10, 3, 0x91, 8, 3]],
    ['a copy from far beyond the base', [10, 3, 0x9f, 0xff, 0xff, 0xff, 0xff, 3]],
    ['more than the result', [10, 2, 0x90, 3]],
    ['less than the result', [10, 4, 0x90, 3]],
    ['an insertion that ends too early', [10, 3, 3, 97]],
    ['the reserved instruction', [10, 1, 0, 0x90, 1]],
  ]
  for (const [name, delta] of cases)
    assert.throws(() => applyDelta(base, Buffer.from(delta)), gitError('INVALID_ANSWER', true), name)
})

test('no bytes make a delta do anything else than succeed or be refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const delta = Buffer.from([10, ...bytes])
      try {
        assert.ok(deltaSizes(delta).result > 1_000_000 || applyDelta(base, delta).length === deltaSizes(delta).result)
      } catch (error) {
        gitError('INVALID_ANSWER', true)(error)
      }
    }),
  )
})

test('what was patched is told by its differences', () => {
  const patches = fc.array(fc.tuple(fc.nat(300), fc.uint8Array({ maxLength: 200 })), { maxLength: 5 })
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), patches, (bytes, changes) => {
      const old = Buffer.from(bytes)
      const patched = Buffer.from(old)
      for (const [at, text] of changes)
        patched.set(text.subarray(0, Math.max(0, patched.length - at)), Math.min(at, patched.length))
      assert.deepEqual(applyDelta(old, deltaOfPatched(old, patched)), patched)
    }),
  )
  const large = Buffer.alloc(1_000_000, 'tree')
  const patched = Buffer.from(large)
  patched.fill('x', 500_000, 500_020)
  const delta = deltaOfPatched(large, patched)
  assert.deepEqual(applyDelta(large, delta), patched)
  assert.ok(delta.length < 200)
})

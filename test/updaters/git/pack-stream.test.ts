import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PackEntry, readPack } from '../../../src/updaters/git/pack-stream.js'
import { appending, blobEntry, inPieces, offsetDelta, packOf, referenceDelta } from './packs.js'
import { gitError } from './scene.js'

const id = 'ab'.repeat(20)
const one = blobEntry('one')
const pack = packOf(
  4,
  one,
  offsetDelta(one.length, appending('one', ' more')),
  referenceDelta(id, appending('x', 'y')),
  blobEntry('z'.repeat(5_000)),
)
const limits = { maxEntryBytes: 10_000 }

async function entriesOf(bytes: Buffer, size = () => bytes.length): Promise<PackEntry[]> {
  const entries: PackEntry[] = []
  for await (const some of readPack(inPieces(bytes, size), limits)) entries.push(...some)
  return entries
}

test('entries come with what they are of', async () => {
  const [first, second, third, fourth] = await entriesOf(pack)
  assert.deepEqual(first, { offset: 12, type: 'blob', data: Buffer.from('one') })
  assert.deepEqual(second, { offset: 12 + one.length, base: 12, data: appending('one', ' more') })
  assert.equal(third?.base, id)
  assert.equal(fourth?.data.length, 5_000)
})

test('entries are the same however the pack arrives', async () => {
  const expected = await entriesOf(pack)
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 60 })), async (sizes) => {
      assert.deepEqual(await entriesOf(pack, () => sizes.next().value ?? 1), expected)
    }),
    { numRuns: 30 },
  )
})

test('a pack that is left early lets its connection go', async () => {
  let closed = false
  async function* arriving(): AsyncGenerator<Buffer> {
    try {
      yield pack.subarray(0, 40)
      yield pack.subarray(40)
    } finally {
      closed = true
    }
  }
  for await (const _ of readPack(arriving(), limits)) break
  assert.ok(closed)
})

test('what follows the checksum is refused', async () => {
  await assert.rejects(
    entriesOf(Buffer.concat([pack, Buffer.from('x')])),
    gitError('INVALID_ANSWER', true, /more than/),
  )
  await assert.rejects(
    entriesOf(Buffer.concat([pack, Buffer.alloc(600_000)]), () => 100_000),
    gitError('INVALID_ANSWER', true, /more than/),
  )
})

test('an object that is deflated without end is refused before it fills the memory', async () => {
  // An empty stored block that is not the last, as often as wanted. Source: RFC 1951, 3.2.4.
  const block = Buffer.from([0, 0, 0, 0xff, 0xff])
  let sent = 0
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01\x33\x78\x01', 'latin1')])
    const piece = Buffer.concat(Array.from({ length: 20_000 }, () => block))
    for (;;) {
      sent += piece.length
      yield piece
    }
  }
  await assert.rejects(
    async () => {
      for await (const _ of readPack(endless(), limits)) assert.fail('read an object')
    },
    gitError('INVALID_ANSWER', true, /larger deflated/),
  )
  assert.ok(sent < 4_000_000)
})

test('a pack with more objects than the limit is refused at its header', async () => {
  await assert.rejects(
    async () => {
      for await (const _ of readPack(
        inPieces(pack, () => 12),
        { ...limits, maxEntries: 3 },
      ))
        assert.fail('read an object')
    },
    gitError('TOO_LARGE', false, /more than 3 objects/),
  )
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { inspectPack } from '../../../src/updaters/git/isomorphic/inspect-pack.js'
import { type GitObject, objectId } from '../../../src/updaters/git/objects.js'
import { writePack, writeThinPack } from '../../../src/updaters/git/pack.js'
import { removeFolder, temporaryFolder } from '../../parts/folder.js'
import { createRepository, git } from '../../parts/git-server.js'
import { packOf } from './packs.js'
import { gitError } from './scene.js'

const limits = { objectBytes: 1_000_000, totalBytes: 1_500_000 }

describe('a pack', () => {
  let folder: string
  before(async () => {
    folder = await temporaryFolder('git-pack')
    await createRepository(folder)
  })
  after(() => removeFolder(folder))

  test('that is written is what Git reads', async () => {
    // Sizes around those at which the header of an object gets another byte.
    const sizes = [0, 1, 15, 16, 17, 2047, 2048, 2049, 262_143, 262_144, 300_000]
    const objects = sizes.map((size): GitObject => ({ type: 'blob', bytes: randomBytes(size) }))
    const pack = writePack(objects)
    await git(folder, ['index-pack', '--stdin', '--strict'], { input: pack })

    assert.equal((await inspectPack(pack)).objects, sizes.length)
    for (const object of objects)
      assert.deepEqual(await git(folder, ['cat-file', 'blob', objectId(object)]), object.bytes)
  })

  test('for a server that has the old objects tells of large ones what is new', async () => {
    const old = randomBytes(50_000)
    const bytes = Buffer.from(old)
    bytes.fill(1, 20_000, 20_020)
    const small = {
      type: 'blob',
      bytes: Buffer.from('b'),
      old: { oid: '1'.repeat(40), bytes: Buffer.from('a') },
    } as const
    const oid = String(await git(folder, ['hash-object', '-w', '--stdin'], { input: old })).trim()
    const pack = writeThinPack([{ type: 'blob', bytes, old: { oid, bytes: old } }, small])
    assert.ok(pack.length < 300)
    await git(folder, ['index-pack', '--stdin', '--fix-thin', '--strict'], { input: pack })

    assert.deepEqual(await git(folder, ['cat-file', 'blob', objectId({ type: 'blob', bytes })]), bytes)
    assert.equal(String(await git(folder, ['cat-file', 'blob', objectId(small)])), 'b')
  })

  test('that Git writes with deltas is read to its end', async () => {
    const base = randomBytes(40_000).toString('hex')
    const oids: string[] = []
    for (let copy = 0; copy < 5; copy++)
      oids.push(String(await git(folder, ['hash-object', '-w', '--stdin'], { input: `${base}${copy}` })).trim())
    for (const option of ['--delta-base-offset', '--no-reuse-delta']) {
      const pack = await git(folder, ['pack-objects', '--stdout', '-q', option], { input: `${oids.join('\n')}\n` })
      assert.ok(pack.length < 100_000, 'has deltas')
      const facts = await inspectPack(pack)
      assert.deepEqual(facts, { objects: 5, checksum: pack.toString('hex', pack.length - 20) })
    }
  })

  test('that is cut at any byte, or altered at any, is refused', async () => {
    const pack = writePack([
      { type: 'blob', bytes: Buffer.from('one') },
      { type: 'tree', bytes: Buffer.alloc(0) },
    ])
    for (let at = 0; at < pack.length; at++) {
      await assert.rejects(inspectPack(pack.subarray(0, at)), gitError('INVALID_ANSWER', true), `cut at ${at}`)
      const altered = Buffer.from(pack)
      altered[at] = (altered[at] ?? 0) ^ 1
      await assert.rejects(inspectPack(altered), gitError('INVALID_ANSWER', true), `altered at ${at}`)
    }
  })

  const blob = deflateSync(Buffer.from('one'))
  const broken: [string, Buffer, RegExp][] = [
    ['counts too many objects', packOf(2, Buffer.from([0x33]), blob), /ends within/],
    ['counts too few objects', packOf(0, Buffer.from([0x33]), blob), /checksum/],
    ['declares too small a size', packOf(1, Buffer.from([0x32]), blob), /another size|inflated/],
    ['declares too large a size', packOf(1, Buffer.from([0x34]), blob), /another size/],
    ['has what cannot be inflated', packOf(1, Buffer.from([0x33]), Buffer.from('nonsense')), /inflated/],
    ['has a delta of itself', packOf(1, Buffer.from([0x63, 0]), blob), /no earlier object/],
    [
      'has a delta of what is no object',
      packOf(2, Buffer.from([0x33]), blob, Buffer.from([0x63, 5]), blob),
      /no earlier/,
    ],
    ['ends in a header', packOf(1, Buffer.from([0xb3])), /inflated/],
  ]
  for (const [name, pack, message] of broken)
    test(`that ${name} is refused although its checksum is right`, () =>
      assert.rejects(inspectPack(pack), gitError('INVALID_ANSWER', true, message)))

  test('whose objects are larger than the limit is refused before they are inflated', async () => {
    const zeros = (size: number): GitObject => ({ type: 'blob', bytes: Buffer.alloc(size) })
    await inspectPack(writePack([zeros(1_000_000), zeros(500_000)]), limits)
    await assert.rejects(
      inspectPack(writePack([zeros(1_000_001)]), limits),
      gitError('TOO_LARGE', false, /1000000 bytes/),
    )
    const many = writePack([zeros(900_000), zeros(900_000)])
    await assert.rejects(inspectPack(many, limits), gitError('TOO_LARGE', false, /1500000 bytes/))
    const endless = packOf(1, Buffer.from([0xb3, ...Array<number>(60).fill(0xff)]))
    await assert.rejects(inspectPack(endless, limits), gitError('TOO_LARGE', false))
  })

  test('whose delta makes an object larger than the limit is refused', async () => {
    // A base of 3 bytes and a result of 2^28.
    const delta = Buffer.from([3, 0x80, 0x80, 0x80, 0x80, 0x01, 0x90, 3])
    const entry = [Buffer.from([0x70 | delta.length]), Buffer.alloc(20), deflateSync(delta)]
    await assert.rejects(inspectPack(packOf(1, ...entry), limits), gitError('TOO_LARGE', false))
  })

  test('whose deltas make more than the limit together is refused', async () => {
    // A base of 3 bytes and a result of 900,000, which a few bytes of copying make.
    const delta = Buffer.from([3, 0xa0, 0xf7, 0x36, 0x90, 3])
    const entry = [Buffer.from([0x70 | delta.length]), Buffer.alloc(20), deflateSync(delta)]
    await inspectPack(packOf(1, ...entry), limits)
    await assert.rejects(inspectPack(packOf(2, ...entry, ...entry), limits), gitError('TOO_LARGE', false, /1500000/))
  })
})

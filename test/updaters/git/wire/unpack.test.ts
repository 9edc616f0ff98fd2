import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../../../src/lifecycle/clock.js'
import { type GitObject, objectId } from '../../../../src/updaters/git/objects.js'
import type { Oid } from '../../../../src/updaters/git/repository.js'
import { type ObjectStore, openObjectStore } from '../../../../src/updaters/git/wire/object-store.js'
import { type Bases, unpack } from '../../../../src/updaters/git/wire/unpack.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { createRepository, git } from '../../../parts/git-server.js'
import { appending, blobEntry, inPieces, offsetDelta, packOf, referenceDelta } from '../packs.js'
import { gitError } from '../scene.js'

const blob = (text: string): GitObject => ({ type: 'blob', bytes: Buffer.from(text) })
const idOf = (text: string): Oid => objectId(blob(text))
const limits = { objects: 1_000, objectBytes: 1_000_000, waitingBytes: 100_000 }

describe('unpacking', () => {
  let folder: string
  let stores = 0
  before(async () => {
    folder = await temporaryFolder('git-unpack')
    await createRepository(folder)
  })
  after(() => removeFolder(folder))

  const open = () =>
    openObjectStore({ folder: `${folder}/store${++stores}`, clock: systemClock, maxBytes: 1e9, maxFiles: 100 })

  async function add(store: ObjectStore, pack: Buffer, fetch: Bases['fetch'] = async () => {}): Promise<void> {
    await store.add((writer) =>
      unpack(
        inPieces(pack, () => 1_000),
        writer,
        { ...store, fetch },
        limits,
      ),
    )
  }

  async function unpacked(pack: Buffer): Promise<(oid: Oid) => Promise<string | undefined>> {
    const store = open()
    await add(store, pack)
    return async (oid) => (await store.read(oid))?.bytes.toString()
  }

  test('gives the objects that Git packed, whatever their deltas name their base by', async () => {
    const base = randomBytes(20_000).toString('hex')
    const texts = Array.from({ length: 30 }, (_, copy) => `${base}${copy}`)
    for (const text of texts) await git(folder, ['hash-object', '-w', '--stdin'], { input: text })
    const input = texts.map((text) => `${idOf(text)}\n`).join('')
    for (const options of [['--delta-base-offset'], []]) {
      const pack = await git(folder, ['pack-objects', '--stdout', '-q', '--depth=30', ...options], { input })
      assert.ok(pack.length < 100_000, 'has deltas')
      const read = await unpacked(pack)
      for (const text of texts) assert.equal(await read(idOf(text)), text)
    }
  })

  test('waits for what a delta is of', async () => {
    const texts = ['a', 'ab', 'abc', 'abcd', 'abcde']
    const deltas = texts
      .slice(1)
      .map((text, at) => referenceDelta(idOf(texts[at] ?? ''), appending(texts[at] ?? '', text.slice(-1))))
    const read = await unpacked(packOf(5, ...deltas.reverse(), blobEntry('a')))
    for (const text of texts) assert.equal(await read(idOf(text)), text)
  })

  test('follows deltas of any depth', async () => {
    let text = 'x'
    const entries = [blobEntry(text)]
    while (text.length < 120) {
      entries.push(referenceDelta(idOf(text), appending(text, 'y')))
      text += 'y'
    }
    for (const order of [entries, [...entries].reverse()])
      assert.equal(await (await unpacked(packOf(entries.length, ...order)))(idOf(text)), text)
  })

  test('takes the bases that are in the store, and has others fetched', async () => {
    const store = open()
    await add(store, packOf(1, blobEntry('old')))
    const asked: Oid[][] = []
    const thin = packOf(
      3,
      referenceDelta(idOf('old'), appending('old', 'er')),
      referenceDelta(idOf('far'), appending('far', 'ther')),
      referenceDelta(idOf('farther'), appending('farther', '!')),
    )
    await add(store, thin, async (oids) => {
      asked.push([...oids])
      await add(store, packOf(1, blobEntry('far')))
    })
    assert.deepEqual(asked, [[idOf('far'), idOf('farther')]])
    for (const text of ['older', 'farther', 'farther!'])
      assert.equal((await store.read(idOf(text)))?.bytes.toString(), text)
  })

  const refused: [string, Buffer][] = [
    ['of what nobody has', packOf(1, referenceDelta('1'.repeat(40), appending('a', 'b')))],
    ['of what is between two objects', packOf(2, blobEntry('one'), offsetDelta(3, appending('one', '!')))],
    [
      'of each other',
      packOf(2, referenceDelta(idOf('ab'), appending('ab', 'c')), referenceDelta(idOf('abc'), appending('abc', 'd'))),
    ],
    ['of another base than they say', packOf(2, blobEntry('one'), referenceDelta(idOf('one'), appending('four', '!')))],
  ]
  for (const [name, pack] of refused)
    test(`keeps nothing of a pack with deltas ${name}`, async () => {
      const store = open()
      await assert.rejects(add(store, pack), gitError('INVALID_ANSWER', true))
      assert.ok(!store.has(idOf('one')))
      await store.refresh()
      assert.ok(!store.has(idOf('one')))
    })

  test('refuses a delta that makes too much of little, before it does', async () => {
    // A base of 3 bytes and a result of 2^28.
    const bomb = Buffer.from([3, 0x80, 0x80, 0x80, 0x80, 0x01, 0x90, 3])
    const pack = packOf(2, blobEntry('one'), referenceDelta(idOf('one'), bomb))
    await assert.rejects(add(open(), pack), gitError('TOO_LARGE', false))
  })

  test('refuses more waiting deltas than the limit', async () => {
    const text = randomBytes(60).toString('hex')
    const many = Array.from({ length: 1_000 }, () => referenceDelta(idOf('never'), appending('never', text)))
    await assert.rejects(add(open(), packOf(many.length, ...many)), gitError('TOO_LARGE', false, /100000 bytes/))
  })

  test('gives other work its turn', async () => {
    const store = open()
    const pack = packOf(20_000, ...Array.from({ length: 20_000 }, (_, index) => blobEntry(`blob ${index}`)))
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await store.add((writer) =>
      unpack(
        inPieces(pack, () => pack.length),
        writer,
        { ...store, fetch: async () => {} },
      ),
    )
    clearInterval(timer)
    assert.ok(turns > 10, `${turns}`)
  })
})

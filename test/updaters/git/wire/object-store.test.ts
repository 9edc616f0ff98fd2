import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { systemClock } from '../../../../src/lifecycle/clock.js'
import { type GitObject, objectId } from '../../../../src/updaters/git/objects.js'
import { type ObjectStore, openObjectStore } from '../../../../src/updaters/git/wire/object-store.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { gitError } from '../scene.js'

describe('the store of objects', () => {
  let root: string
  let folder: string
  beforeEach(async () => {
    root = await temporaryFolder('git-objects')
    folder = join(root, 'objects')
  })
  afterEach(() => removeFolder(root))

  const open = ({ maxBytes = 1e9, maxFiles = 100 } = {}) =>
    openObjectStore({ folder, clock: systemClock, maxBytes, maxFiles })
  const keep = (store: ObjectStore, ...objects: GitObject[]) =>
    store.add(async (writer) => {
      for (const object of objects) writer.add(object)
    })
  const files = async () => (await readdir(folder)).sort()

  test('gives back what was added, in this run and the next', async () => {
    // Around the sizes of blocks, and more than some of them.
    const sizes = [0, 1, 1_000, 262_143, 262_144, 262_145, 600_000, 3_000_000]
    const objects = sizes.map((size): GitObject => ({ type: 'blob', bytes: randomBytes(size) }))
    objects.push({ type: 'tree', bytes: Buffer.alloc(0) }, { type: 'commit', bytes: Buffer.from('tree') })
    const store = open()
    await keep(store, ...objects)
    const restarted = open()
    await restarted.refresh()
    for (const object of objects)
      for (const each of [store, restarted]) assert.deepEqual(await each.read(objectId(object)), object)
    assert.equal(await store.read('1'.repeat(40)), undefined)
  })

  test('reads what is being written', async () => {
    const objects = Array.from({ length: 50 }, (): GitObject => ({ type: 'blob', bytes: randomBytes(20_000) }))
    await open().add(async (writer) => {
      for (const object of objects) {
        const oid = writer.add(object)
        assert.deepEqual(await writer.read(oid), object)
      }
      for (const object of objects) assert.deepEqual(await writer.read(objectId(object)), object)
      assert.equal(await writer.read('1'.repeat(40)), undefined)
    })
  })

  test('gives many in any order, each once', async () => {
    const store = open()
    await keep(store, blob('a'), blob('b'))
    await keep(store, blob('c'), blob('a'))
    const asked = ['c', 'b', 'missing', 'a'].map((text) => objectId(blob(text)))
    const read: string[] = []
    for await (const found of store.readAll(asked))
      for (const { oid, object } of found) {
        assert.equal(oid, objectId(object))
        read.push(object.bytes.toString())
      }
    assert.deepEqual(read.sort(), ['a', 'b', 'c'])
  })

  test('keeps nothing where adding fails, or nothing is added', async () => {
    const store = open()
    const adding = store.add(async (writer) => {
      writer.add(blob('a'))
      throw new Error('broken off')
    })
    await assert.rejects(adding, /broken off/)
    await store.add(async () => {})
    assert.deepEqual(await files(), [])
    assert.ok(!store.has(objectId(blob('a'))))
  })

  test('refuses to write more to a file than it may have', async () => {
    const store = openObjectStore({ folder, clock: systemClock, maxBytes: 1e9, maxFiles: 100, maxFileBytes: 1_000 })
    await keep(store, blob('x'.repeat(1_000)))
    await assert.rejects(keep(store, blob('y'.repeat(600)), blob('z'.repeat(600))), gitError('TOO_LARGE', false))
    assert.equal((await files()).length, 1)
  })

  test('has nothing but what was added', async () => {
    const store = open()
    const objects = Array.from({ length: 2_000 }, (_, index) => blob(`${index}`))
    await keep(store, ...objects)
    for (const oid of objects.map(objectId)) {
      const other = oid.slice(0, 39) + (oid.endsWith('0') ? '1' : '0')
      assert.deepEqual([store.has(oid), store.has(other)], [true, false])
    }
  })

  test('sees what another process adds, and does without what it removed', async () => {
    const [one, two] = [open(), open()]
    await keep(one, blob('a'))
    assert.ok(!two.has(objectId(blob('a'))))
    await two.refresh()
    assert.ok(two.has(objectId(blob('a'))))
    await keep(one, blob('b'))
    await one.wipe()
    await two.refresh()
    assert.ok(!two.has(objectId(blob('a'))))
    await keep(two, blob('c'))
    assert.equal((await two.read(objectId(blob('c'))))?.bytes.toString(), 'c')
  })

  test('has what was added while it looked', async () => {
    const [store, other] = [open(), open()]
    // So many files of another process that looking takes longer than adding.
    for (let index = 0; index < 30; index++) await keep(other, blob(`other ${index}`))
    await Promise.all([store.refresh(), keep(store, blob('own'))])
    assert.ok(store.has(objectId(blob('own'))))
    assert.ok(store.has(objectId(blob('other 29'))))
  })

  const damages: [string, (path: string, bytes: Buffer) => Promise<unknown>][] = [
    ['is gone', (path) => rm(path)],
    ['is empty', (path) => truncate(path, 0)],
    ['is cut', (path, bytes) => truncate(path, bytes.length - 1)],
    ['is cut to its beginning', (path) => truncate(path, 10)],
    ['has another object', (path, bytes) => writeFile(path, bytes.fill('x', 0, 5))],
    ['has another index', (path, bytes) => writeFile(path, bytes.fill('x', bytes.length - 60, bytes.length - 50))],
    ['counts other objects', (path, bytes) => writeFile(path, bytes.fill(0xff, bytes.length - 24, bytes.length - 20))],
    ['is of another format', (path, bytes) => writeFile(path, bytes.fill(9, bytes.length - 25, bytes.length - 24))],
  ]
  for (const [name, damage] of damages)
    test(`does without a file that ${name}`, async () => {
      const store = open()
      await keep(store, blob('first object'))
      const [first = ''] = await files()
      await keep(store, blob('second'))
      await damage(join(folder, first), await readFile(join(folder, first)))

      const restarted = open()
      await restarted.refresh()
      assert.equal(await restarted.read(objectId(blob('first object'))), undefined)
      assert.equal((await restarted.read(objectId(blob('second'))))?.bytes.toString(), 'second')
      assert.equal((await files()).length, 1)
    })

  test('makes one file of many small ones, which others find', async () => {
    const [store, other] = [open({ maxFiles: 5 }), open()]
    const texts = ['a', 'b', 'c', 'd', 'e']
    for (const text of texts) {
      await store.compact()
      await keep(store, blob(text))
    }
    await other.refresh()
    await store.compact()
    assert.equal((await files()).length, 1)
    for (const text of texts)
      for (const each of [store, other]) assert.equal((await each.read(objectId(blob(text))))?.bytes.toString(), text)
  })

  test('is full above its limit, or twice its largest file', async () => {
    const store = open({ maxBytes: 10_000 })
    const add = (size: number) => keep(store, { type: 'blob', bytes: randomBytes(size) })
    await add(20_000)
    assert.ok(!store.isFull())
    await add(18_000)
    assert.ok(!store.isFull())
    await add(9_000)
    assert.ok(store.isFull())
    await store.wipe()
    assert.ok(!store.isFull())
  })

  test('removes what a process left behind when it ended', async () => {
    await mkdir(folder, { recursive: true })
    const old = Date.now() / 1000 - 2 * 24 * 3600
    await writeFile(join(folder, 'old.tmp'), 'x')
    await utimes(join(folder, 'old.tmp'), old, old)
    await writeFile(join(folder, 'new.tmp'), 'x')
    await open().refresh()
    assert.deepEqual(await files(), ['new.tmp'])
  })
})

function blob(text: string): GitObject {
  return { type: 'blob', bytes: Buffer.from(text) }
}

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../../../../src/lifecycle/clock.js'
import { GitError } from '../../../../src/updaters/git/errors.js'
import { objectId } from '../../../../src/updaters/git/objects.js'
import type { Oid } from '../../../../src/updaters/git/repository.js'
import { type Found, openObjectStore } from '../../../../src/updaters/git/wire/object-store.js'
import type * as ReceiveAside from '../../../../src/updaters/git/wire/receive-aside.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { appending, blobEntry, inPieces, packOf, referenceDelta } from '../packs.js'
import { gitError } from '../scene.js'

// Only what is compiled can be a thread's: `npm test` builds it first.
const BUILT = new URL('../../../../dist/updaters/git/wire/receive-aside.js', import.meta.url)
const { receivePackAside }: typeof ReceiveAside = await import(BUILT.href)

const idOf = (text: string): Oid => objectId({ type: 'blob', bytes: Buffer.from(text) })
const TEXTS = Array.from({ length: 3_000 }, (_, index) => `text ${index} ${randomBytes(300).toString('hex')}`)

describe('a pack that is unpacked aside', () => {
  let folder: string
  let stores = 0
  before(async () => {
    folder = await temporaryFolder('git-aside')
  })
  after(() => removeFolder(folder))

  const newStore = () => {
    const path = join(folder, `store${++stores}`)
    return { path, store: openObjectStore({ folder: path, clock: systemClock, maxBytes: 1e9, maxFiles: 100 }) }
  }
  const noFetch = async () => {}

  test('is written to the store, and all of it told', async () => {
    const { path, store } = newStore()
    const told: Found[] = []
    const received = async (objects: readonly Found[]) => {
      await turn()
      told.push(...objects)
    }
    const pack = packOf(TEXTS.length, ...TEXTS.map(blobEntry))
    await receivePackAside(
      path,
      inPieces(pack, () => 1 + Math.floor(Math.random() * 100_000)),
      { fetch: noFetch, received },
    )
    await store.refresh()
    assert.deepEqual(
      told.map(({ oid, object }) => [oid, object.type, object.bytes.toString()]),
      TEXTS.map((text) => [idOf(text), 'blob', text]),
    )
    for (const text of TEXTS) assert.ok(store.has(idOf(text)))
    assert.equal((await store.read(idOf(TEXTS[7] ?? '')))?.bytes.toString(), TEXTS[7])
  })

  test('may have deltas of what is there and of what has to be fetched', async () => {
    const { path, store } = newStore()
    const add = (text: string) =>
      store.add(async (writer) => {
        writer.add({ type: 'blob', bytes: Buffer.from(text) })
      })
    await add('here')
    const deltas = ['here', 'elsewhere'].map((text) => referenceDelta(idOf(text), appending(text, '+')))
    const asked: Oid[] = []
    await receivePackAside(
      path,
      inPieces(packOf(2, ...deltas), () => 10),
      {
        async fetch(oids) {
          asked.push(...oids)
          await add('elsewhere')
        },
      },
    )
    assert.deepEqual(asked, [idOf('elsewhere')])
    await store.refresh()
    for (const text of ['here+', 'elsewhere+']) assert.equal((await store.read(idOf(text)))?.bytes.toString(), text)
  })

  const whole = packOf(TEXTS.length, ...TEXTS.map(blobEntry))
  const broken = new GitError('UNREACHABLE', 'connection reset', { retryable: true })
  async function* breakingOff() {
    yield* inPieces(whole.subarray(0, 600_000), () => 10_000)
    throw broken
  }
  const failures: [string, () => AsyncIterable<Uint8Array>, (thrown: unknown) => boolean, (() => Promise<void>)?][] = [
    ['that breaks off', breakingOff, (thrown) => thrown === broken],
    [
      'that is corrupt',
      () => inPieces(Buffer.from(whole).fill(1, 1_000, 2_000), () => 10_000),
      gitError('INVALID_ANSWER', true, /cannot be inflated|another size|of kind|no earlier/),
    ],
    ['that is cut', () => inPieces(whole.subarray(0, 900_000), () => 10_000), gitError('INVALID_ANSWER', true, /ends/)],
    [
      'that is larger than it says',
      () => inPieces(Buffer.concat([whole, whole]), () => 10_000),
      gitError('INVALID_ANSWER', true, /more than its objects/),
    ],
    [
      'whose deltas are of what cannot be fetched',
      () => inPieces(packOf(1, referenceDelta(idOf('gone'), appending('gone', '+'))), () => 10),
      (thrown) => thrown === broken,
      () => Promise.reject(broken),
    ],
    [
      'whose deltas are of what nobody has',
      () => inPieces(packOf(1, referenceDelta(idOf('gone'), appending('gone', '+'))), () => 10),
      gitError('INVALID_ANSWER', true, /delta of what is not there/),
    ],
  ]
  for (const [name, pack, expected, fetch = noFetch] of failures)
    test(`${name} leaves nothing behind`, async () => {
      const { path } = newStore()
      await assert.rejects(receivePackAside(path, pack(), { fetch, received: async () => {} }), expected)
      assert.deepEqual(await readdir(path), [])
    })

  test('is let go where the folder cannot be written', async () => {
    const path = join(folder, 'file')
    await writeFile(path, 'a file stands where the folder should')
    let isClosed = false
    async function* endless() {
      try {
        for (;;) yield whole.subarray(0, 100_000)
      } finally {
        isClosed = true
      }
    }
    await assert.rejects(
      receivePackAside(path, endless(), { fetch: noFetch }),
      gitError('STATE', true, /ENOTDIR|EEXIST/),
    )
    assert.ok(isClosed)
  })
})

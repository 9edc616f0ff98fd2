import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { removeFolder } from '../../../parts/folder.js'
import { commitFiles } from '../../../parts/git-server.js'
import { details, gitError, never, pushInTurns, readRoot, type Scene, startScene } from '../scene.js'

// Large enough for Git to send a changed one as a delta.
const large = Array.from({ length: 400 }, (_, line) => `key${line}: value ${line * line}\n`).join('')

describe('the state folder', () => {
  let scene: Scene
  let last = 1
  /** The packs of the second fetch, without ending. */
  let newest: string[] = []
  before(async () => {
    scene = await startScene()
    await commitFiles(scene.path, 'main', { 'b.yaml': large })
  })
  beforeEach(async () => {
    await removeFolder(scene.folder)
    const repository = scene.open()
    await repository.head('main', never)
    const before = await readdir(packs())
    await change()
    await repository.head('main', never)
    const added = (await readdir(packs())).filter((name) => !before.includes(name))
    newest = added.map((name) => name.replace(/\.\w+$/, ''))
    scene.operations.length = 0
  })
  after(() => scene.stop())

  const change = () => commitFiles(scene.path, 'main', { 'a.yaml': `a: ${++last}\n` })
  const packs = () => join(scene.folder, 'objects', 'pack')
  const fetches = () => scene.operations.filter(({ operation }) => operation === 'fetch').length
  async function everyFile(extension: string, act: (path: string) => Promise<unknown>): Promise<void> {
    const names = (await readdir(packs())).filter((name) => name.endsWith(extension))
    assert.equal(names.length, 2)
    for (const name of names) await act(join(packs(), name))
  }
  const flip = (position: number) => async (path: string) => {
    const bytes = await readFile(path)
    const at = Math.floor(bytes.length * position)
    bytes[at] = (bytes[at] ?? 0) ^ 0xff
    await writeFile(path, bytes)
  }

  const damages: [string, () => Promise<void>][] = [
    ['a missing folder', () => removeFolder(scene.folder)],
    ['missing packs', () => everyFile('.pack', rm)],
    ['missing indexes', () => everyFile('.idx', rm)],
    ['garbled packs', () => everyFile('.pack', flip(0.3))],
    ['garbled fan-outs', () => everyFile('.idx', flip(0.1))],
    ['garbled offsets', () => everyFile('.idx', flip(0.95))],
    ['cut packs', () => everyFile('.pack', (path) => truncate(path, 40))],
    ['cut indexes', () => everyFile('.idx', (path) => truncate(path, 1_100))],
    ['empty indexes', () => everyFile('.idx', (path) => truncate(path, 0))],
    ['garbled tips', () => writeFile(join(scene.folder, 'tips.json'), '{"main": 7, "x": "nonsense", ')],
    ['tips of another kind', () => writeFile(join(scene.folder, 'tips.json'), 'null')],
    ['an unknown tip', () => writeFile(join(scene.folder, 'tips.json'), JSON.stringify({ main: '1'.repeat(40) }))],
  ]
  for (const [name, damage] of damages)
    test(`is fetched again after ${name}`, async () => {
      await damage()
      const repository = scene.open()

      assert.equal(await readRoot(repository, await repository.head('main', never)), `a: ${last}\n`)
      await change()
      assert.equal(await readRoot(repository, await repository.head('main', never)), `a: ${last}\n`)
    })

  test('with one missing pack of several fails one read, which the next look heals', async () => {
    const names = await readdir(packs())
    const first = names.find((name) => name.endsWith('.idx') && !newest.includes(name.slice(0, -4)))
    assert.ok(first !== undefined)
    for (const ending of ['idx', 'pack']) await rm(join(packs(), first.replace('idx', ending)))
    const repository = scene.open()
    const snapshot = await repository.head('main', never)
    await assert.rejects(readRoot(repository, snapshot, 'b.yaml'), gitError('STATE', true, /^Cannot read /))

    assert.equal(await readRoot(repository, await repository.head('main', never), 'b.yaml'), large)
  })

  test('with one missing pack of several does not keep a branch from moving', async () => {
    const names = await readdir(packs())
    for (const name of names) if (!newest.includes(name.replace(/\.\w+$/, ''))) await rm(join(packs(), name))
    const repository = scene.open()
    // Git sends this as a delta of the file in the missing pack.
    await commitFiles(scene.path, 'main', { 'b.yaml': `${large}more: ${++last}\n` })
    assert.equal(await readRoot(repository, await repository.head('main', never), 'b.yaml'), `${large}more: ${last}\n`)
    await commitFiles(scene.path, 'main', { 'b.yaml': large })
  })

  test('that is emptied under a running engine is filled by its next look', async () => {
    const repository = scene.open()
    const snapshot = await repository.head('main', never)
    await removeFolder(scene.folder)
    await assert.rejects(readAnew(scene, snapshot.tree), gitError('STATE', true))
    await repository.readTree('1'.repeat(40), never).catch(gitError('STATE', true))

    assert.deepEqual(await repository.head('main', never), snapshot)
    assert.equal(await readRoot(scene.open(), snapshot), `a: ${last}\n`)
  })

  test('starts afresh when it has many packs', async () => {
    const repository = scene.open({ maxPacks: 4 })
    for (let round = 0; round < 8; round++) {
      await change()
      assert.equal(await readRoot(repository, await repository.head('main', never)), `a: ${last}\n`)
      assert.ok((await readdir(packs())).length <= 2 * 4)
    }
  })

  test('does not grow by pushes alone', async () => {
    const repository = scene.open({ maxPacks: 4 })
    for (let round = 0; round < 8; round++) {
      const bytes = Buffer.from(`a: ${++last}\n`)
      const base = await repository.head('main', never)
      await repository.push(await repository.commit(base, [{ path: 'a.yaml', bytes }], details), never)
      assert.ok((await readdir(packs())).length <= 2 * 4)
    }
    assert.equal(await readRoot(repository, await repository.head('main', never)), `a: ${last}\n`)
  })

  test('is shared by engines that look and push at once', async () => {
    const engines = Array.from({ length: 4 }, () => scene.open({ maxPacks: 3 }))
    await pushInTurns(engines, 5, () => `a: ${++last}\n`)
  })

  test('keeps nothing of a commit that was not pushed', async () => {
    const repository = scene.open()
    const base = await repository.head('main', never)
    const files = await readdir(packs())
    await repository.commit(base, [{ path: 'a.yaml', bytes: Buffer.from('a: 0\n') }], details)
    assert.deepEqual(await readdir(packs()), files)
  })

  test('that cannot be written is told as such', async () => {
    await removeFolder(scene.folder)
    await mkdir(dirname(scene.folder), { recursive: true })
    await writeFile(scene.folder, 'a file stands where the folder should')
    await assert.rejects(scene.open().head('main', never), gitError('STATE', true, /ENOTDIR|EEXIST/))
    await rm(scene.folder)
  })

  test('is fetched into once for two looks at once', async () => {
    await removeFolder(scene.folder)
    const repository = scene.open()
    const [one, two] = await Promise.all([repository.head('main', never), repository.head('main', never)])
    assert.deepEqual(one, two)
    assert.equal(fetches(), 1)
  })
})

async function readAnew(scene: Scene, tree: string): Promise<unknown> {
  return scene.open().readTree(tree, never)
}

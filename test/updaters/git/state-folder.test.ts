import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { removeFolder } from '../../parts/folder.js'
import { commitFiles } from '../../parts/git-server.js'
import { details, type Engine, never, openEngine, readRoot, type Scene, startScene } from './scene.js'
import { COPIES, filesBelow, pushCopies, readAll } from './state.js'

for (const engine of ['isomorphic', 'wire'] as const)
  describe(`the state folder of the engine "${engine}"`, () => withstands(engine))

function withstands(engine: Engine): void {
  let scene: Scene
  /** Of each text that `a.yaml` had, the newest first. */
  const texts: string[] = ['a: 1\n']
  let kept = ''
  before(async () => {
    scene = await startScene({ engine })
    kept = `${scene.folder}.kept`
    await readAll(scene.repository)
    await change('a: 2\n')
    const base = await scene.repository.head('main', never)
    const files = { 'a.yaml': 'a: 3\n', 'copy.txt': 'a: 3\n'.repeat(COPIES) }
    const changes = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }))
    await scene.repository.push(await scene.repository.commit(base, changes, details), never)
    texts.unshift('a: 3\n')
    await readAll(scene.repository)
    await cp(scene.folder, kept, { recursive: true })
  })
  after(() => scene.stop())

  async function change(text: string): Promise<void> {
    await pushCopies(scene, text)
    texts.unshift(text)
  }

  const damages: [string, (path: string) => Promise<unknown>][] = [
    ['is gone', rm],
    ['is empty', (path) => truncate(path, 0)],
    ['is cut', async (path) => truncate(path, Math.floor((await readFile(path)).length * 0.7))],
    ['has a wrong byte', flip(0.4)],
    ['has a wrong last byte', flip(1)],
    ['is a folder', (path) => rm(path).then(() => mkdir(join(path, 'folder'), { recursive: true }))],
  ]
  for (const [name, damage] of damages)
    test(`reads right, once looked at again, when one of its files ${name}`, async () => {
      for (const file of await filesBelow(kept)) {
        await removeFolder(scene.folder)
        await cp(kept, scene.folder, { recursive: true })
        await damage(join(scene.folder, file))
        const repository = scene.open()
        const read = await readAll(repository).catch(async (thrown) => {
          assert.equal(`${thrown.code} ${thrown.retryable}`, 'STATE true', `${file}: ${thrown.message}`)
          return readAll(repository)
        })
        assert.deepEqual(read, texts, file)
      }
    })

  test('loses what a process left behind that ended a day ago', async () => {
    const folder = `${scene.folder}.left`
    await cp(kept, folder, { recursive: true })
    const folders = new Set((await filesBelow(folder)).map((file) => dirname(join(folder, file))))
    const dayAgo = Date.now() / 1000 - 25 * 60 * 60
    for (const each of folders) {
      await writeFile(join(each, '.old.tmp'), 'part')
      await utimes(join(each, '.old.tmp'), dayAgo, dayAgo)
      await writeFile(join(each, '.new.tmp'), 'part')
    }
    await readAll(openEngine({ engine, folder, url: scene.url }))
    const left = (await filesBelow(folder)).filter((file) => file.endsWith('.tmp'))
    assert.equal(left.length, folders.size)
    for (const file of left) assert.match(file, /\.new\.tmp$/)
  })

  test('stays below twice its limit, or what one commit has, while others push large files', async () => {
    const folder = `${scene.folder}.bounded`
    const maxBytes = 400_000
    const repository = openEngine({ engine, folder, url: scene.url, limits: { maxBytes } })
    for (let round = 0; round < 12; round++) {
      const large = randomBytes(100_000)
      await commitFiles(scene.path, 'main', { 'large.bin': large })
      texts.unshift(texts[0] ?? '')
      const snapshot = await repository.head('main', never)
      assert.equal(await readRoot(repository, snapshot), texts[0])
      const entry = (await repository.readTree(snapshot.tree, never)).find(({ name }) => name === 'large.bin')
      for await (const { bytes } of repository.readBlobs([entry?.oid ?? ''], never)) assert.deepEqual(bytes, large)
      assert.ok((await bytesBelow(folder)) < 2 * maxBytes)
    }
  })
}

function flip(position: number): (path: string) => Promise<void> {
  return async (path) => {
    const bytes = await readFile(path)
    const at = Math.min(bytes.length - 1, Math.floor(bytes.length * position))
    bytes[at] = (bytes[at] ?? 0) ^ 0x5a
    await writeFile(path, bytes)
  }
}

async function bytesBelow(folder: string): Promise<number> {
  const sizes = (await filesBelow(folder)).map(async (file) => (await stat(join(folder, file))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

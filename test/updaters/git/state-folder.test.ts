import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { GitRepository } from '../../../src/updaters/git/repository.js'
import { removeFolder } from '../../parts/folder.js'
import { commitFiles } from '../../parts/git-server.js'
import { details, type Engine, never, readRoot, type Scene, startScene } from './scene.js'

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
    const changes = [{ path: 'a.yaml', bytes: Buffer.from('a: 3\n') }]
    await scene.repository.push(await scene.repository.commit(base, changes, details), never)
    texts.unshift('a: 3\n')
    await readAll(scene.repository)
    await cp(scene.folder, kept, { recursive: true })
  })
  after(() => scene.stop())

  async function change(text: string): Promise<void> {
    await commitFiles(scene.path, 'main', { 'a.yaml': text, 'large.txt': text.repeat(2_000) })
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
}

/** What `a.yaml` has in each commit, read by their trees. */
async function readAll(repository: GitRepository): Promise<string[]> {
  const snapshot = await repository.head('main', never)
  await readRoot(repository, snapshot, 'a.yaml')
  const { commits, shortened } = await repository.history(snapshot, { since: 0, ...never })
  assert.equal(shortened, undefined)
  const read: string[] = []
  for (const { oid, tree } of commits) read.push(await readRoot(repository, { branch: 'main', commit: oid, tree }))
  return read
}

function flip(position: number): (path: string) => Promise<void> {
  return async (path) => {
    const bytes = await readFile(path)
    const at = Math.min(bytes.length - 1, Math.floor(bytes.length * position))
    bytes[at] = (bytes[at] ?? 0) ^ 0x5a
    await writeFile(path, bytes)
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

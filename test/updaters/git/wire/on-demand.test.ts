import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { objectId } from '../../../../src/updaters/git/objects.js'
import type { GitRepository, Oid } from '../../../../src/updaters/git/repository.js'
import { commitFiles, type Files, git } from '../../../parts/git-server.js'
import { details, ENGINES, type Engine, gitError, never, readRoot, type Scene, startScene } from '../scene.js'

// Large enough for Git to send a changed one as a delta.
const large = (text: string) =>
  Array.from({ length: 100 }, (_, line) => `key${line}: ${text} ${line * line}\n`).join('')

function filesOf(round: number): Files {
  const folders = ['one/a', 'one/a/deep/deeper', 'one/b', 'two', 'two/x/y']
  return Object.fromEntries(
    folders.flatMap((folder) =>
      Array.from({ length: 12 }, (_, index) => [`${folder}/file-${index}.yaml`, large(`${round}${folder}${index}`)]),
    ),
  )
}

describe('folders that were left out', () => {
  let scene: Scene
  let round = 0

  async function freshScene(engine: Engine = 'wire'): Promise<Scene> {
    await scene?.stop()
    scene = await startScene({ engine })
    await commitFiles(scene.path, 'main', filesOf(round))
    return scene
  }
  beforeEach(async () => {
    await freshScene()
  })
  after(() => scene.stop())

  const fetches = () =>
    scene.server.requests.filter(({ body }) => body.includes('command=fetch')).map(({ body }) => body.toString())

  test('come by their names when they are read, and those asked for at once in one request', async () => {
    const { repository } = scene
    const { tree } = await repository.head('main', { ...never, levels: 1 })
    assert.match(fetches()[0] ?? '', /filter tree:1\n/)
    const roots = (await repository.readTree(tree, never)).filter(({ type }) => type === 'tree')
    assert.deepEqual(
      roots.map(({ name }) => name),
      ['apps', 'one', 'two'],
    )
    assert.equal(fetches().length, 1)
    const read = () =>
      Promise.all(roots.flatMap(({ oid }) => [oid, oid].map((same) => repository.readTree(same, never))))
    const first = await read()
    assert.deepEqual(await read(), first)
    const [, fetch = '', ...more] = fetches()
    assert.deepEqual(more, [])
    assert.match(fetch, /filter tree:0\n/)
    for (const { oid } of roots) assert.equal(fetch.split(`want ${oid}\n`).length, 2)
  })

  test('come with as many levels as will be read', async () => {
    const { repository } = scene
    const { tree } = await repository.head('main', { ...never, levels: 2 })
    assert.match(fetches()[0] ?? '', /filter combine:blob:none\+tree:2\n/)
    const one = await folder(repository, tree, 'one')
    assert.equal(fetches().length, 1)
    const a = await folder(repository, one, 'a', 2)
    await folder(repository, a, 'deep', 2)
    assert.equal(fetches().length, 2)
    await folder(repository, tree, 'two')
    assert.equal(fetches().length, 2)
  })

  test('come with all below them', async () => {
    const { repository } = scene
    const { tree } = await repository.head('main', { ...never, levels: 1 })
    const one = await folder(repository, tree, 'one', Number.POSITIVE_INFINITY)
    assert.match(fetches()[1] ?? '', /filter blob:none\n/)
    await folder(repository, await folder(repository, await folder(repository, one, 'a'), 'deep'), 'deeper')
    assert.equal(fetches().length, 2)
  })

  test('are all had from a server that does not count trees', async () => {
    await git(scene.path, ['config', 'uploadpackfilter.tree.allow', 'false'])
    const { repository } = scene
    const { tree } = await repository.head('main', { ...never, levels: 1 })
    assert.deepEqual(await everything(repository, tree), await everythingByGit(scene.path))
    assert.deepEqual(
      fetches().map((fetch) => /filter (.*)/.exec(fetch)?.[1]),
      ['tree:1', 'blob:none', undefined],
    )
    await rmObjects(scene)
    assert.equal((await scene.open().head('main', { ...never, levels: 1 })).tree, tree)
  })

  for (const engine of ENGINES)
    test(`are read right by "${engine}", whatever others push, wherever is read next, and after restarts`, async () => {
      await freshScene(engine)
      let repository = scene.repository
      for (let step = 1; step <= 6; step++) {
        const { tree, commit } = await repository.head('main', { ...never, levels: 1 + (step % 3) })
        const region = step % 2 === 0 ? 'two' : 'one'
        const found = await everything(repository, await folder(repository, tree, region), `${region}/`)
        assert.deepEqual(found, await everythingByGit(scene.path, region), `step ${step}`)
        if (step === 6) assert.deepEqual(await everything(repository, tree), await everythingByGit(scene.path))
        if (step % 3 === 0) repository = scene.open()
        round++
        const files = Object.entries(filesOf(round)).filter((_, index) => (index + step) % 5 === 0)
        await commitFiles(scene.path, 'main', Object.fromEntries(files))
        assert.notEqual(String(await git(scene.path, ['rev-parse', 'main'])).trim(), commit)
      }
    })

  test('of an older commit can be read', async () => {
    const { repository } = scene
    const old = await repository.head('main', never)
    await commitFiles(scene.path, 'main', filesOf(++round))
    await rm(scene.folder, { recursive: true })
    const restarted = scene.open()
    await restarted.head('main', never)
    assert.ok((await restarted.readTree(old.tree, never)).length > 3)
  })

  test('are written to without having been read', async () => {
    const { repository } = scene
    const base = await repository.head('main', { ...never, levels: 1 })
    const path = 'one/a/deep/deeper/file-3.yaml'
    await repository.push(await repository.commit(base, [{ path, bytes: Buffer.from('new: 1\n') }], details), never)
    assert.equal(String(await git(scene.path, ['diff', '--name-only', 'main~1', 'main'])), `${path}\n`)
    await git(scene.path, ['fsck', '--strict'])
    const restarted = scene.open()
    const { tree } = await restarted.head('main', never)
    assert.deepEqual(await everything(restarted, tree), await everythingByGit(scene.path))
  })

  test('that the server does not have either are told, and nothing is lost', async () => {
    const { repository } = scene
    const snapshot = await repository.head('main', never)
    await assert.rejects(repository.readTree('1'.repeat(40), never), gitError('STATE', true, /tree 1{40} is not in/))
    const before = fetches().length
    assert.deepEqual(await repository.head('main', never), snapshot)
    assert.equal(fetches().length, before)
    assert.equal(await readRoot(repository, snapshot), 'a: 1\n')
  })

  test('stop coming when nobody waits for them', async () => {
    const { repository } = scene
    const { tree } = await repository.head('main', { ...never, levels: 1 })
    const [entry] = (await repository.readTree(tree, never)).filter(({ type }) => type === 'tree')
    const controller = new AbortController()
    scene.server.before = () => {
      controller.abort()
      return undefined
    }
    await assert.rejects(repository.readTree(entry?.oid ?? '', controller), { name: 'AbortError' })
    scene.server.before = () => undefined
    assert.ok((await repository.readTree(entry?.oid ?? '', never)).length > 0)
  })
})

async function folder(repository: GitRepository, tree: Oid, name: string, levels = 1): Promise<Oid> {
  const entry = (await repository.readTree(tree, never)).find((found) => found.name === name)
  assert.equal(entry?.type, 'tree', name)
  const oid = entry?.oid ?? ''
  await repository.readTree(oid, { ...never, levels })
  return oid
}

/** The object id of every file below a tree, by its path; all of them are read. */
async function everything(repository: GitRepository, tree: Oid, below = ''): Promise<Record<string, Oid>> {
  const files: Record<string, Oid> = {}
  async function list(oid: Oid, path: string): Promise<void> {
    const entries = await repository.readTree(oid, never)
    for (const { name, type, oid: blob } of entries) if (type === 'file') files[path + name] = blob
    const folders = entries.filter(({ type }) => type === 'tree')
    await Promise.all(folders.map((entry) => list(entry.oid, `${path}${entry.name}/`)))
  }
  await list(tree, below)
  const unread = new Set(Object.values(files))
  for await (const { oid, bytes } of repository.readBlobs([...unread], never)) {
    assert.equal(objectId({ type: 'blob', bytes: Buffer.from(bytes) }), oid)
    unread.delete(oid)
  }
  assert.equal(unread.size, 0)
  return files
}

async function everythingByGit(path: string, below = '.'): Promise<Record<string, Oid>> {
  const list = String(await git(path, ['ls-tree', '-r', '--format=%(path)\t%(objectname)', 'main', below]))
  return Object.fromEntries(
    list
      .trim()
      .split('\n')
      .map((line) => line.split('\t')),
  )
}

async function rmObjects({ folder }: Scene): Promise<void> {
  const objects = join(folder, 'wire-1', 'objects')
  for (const name of await readdir(objects)) await rm(join(objects, name))
}

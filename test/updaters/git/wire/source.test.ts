import assert from 'node:assert/strict'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { Snapshot } from '../../../../src/updaters/git/repository.js'
import { openSegment } from '../../../../src/updaters/git/wire/segment.js'
import { eventually } from '../../../parts/eventually.js'
import { removeFolder } from '../../../parts/folder.js'
import { commitFiles, type GitRequest, git } from '../../../parts/git-server.js'
import { details, gitError, never, pushInTurns, readRoot, type Scene, startScene } from '../scene.js'

// Large enough for Git to send a changed one as a delta.
const large = Array.from({ length: 400 }, (_, line) => `key${line}: value ${line * line}\n`).join('')

describe('the engine "wire"', () => {
  let scene: Scene
  /** What a.yaml has. */
  let last = 1
  let added = 0
  before(async () => {
    scene = await startScene({ engine: 'wire' })
    await commitFiles(scene.path, 'main', { 'b.yaml': large, 'huge.txt': Buffer.alloc(2 * 1024 ** 2, 'x') })
  })
  beforeEach(() => removeFolder(scene.folder))
  afterEach(() => {
    scene.server.before = () => undefined
    scene.server.after = (_, answer) => answer
  })
  after(() => scene.stop())

  const change = () => commitFiles(scene.path, 'main', { 'a.yaml': `a: ${++last}\n` })
  const objects = () => join(scene.folder, 'wire-1', 'objects')
  async function fetchesOf(act: () => Promise<unknown>): Promise<string[]> {
    const first = scene.server.requests.length
    await act()
    return scene.server.requests.slice(first).filter(isFetch).map(questionOf)
  }

  test('fetches a file when it is read, and many in one request', async () => {
    const repository = scene.open()
    let snapshot: Snapshot | undefined
    const [look, ...more] = await fetchesOf(async () => {
      snapshot = await repository.head('main', never)
    })
    assert.deepEqual(more, [])
    assert.match(look ?? '', /filter blob:none\n/)
    const entries = await repository.readTree(snapshot?.tree ?? '', never)
    const oids = entries.filter(({ type }) => type === 'file').map(({ oid }) => oid)
    const read = async () => {
      const sizes: number[] = []
      for await (const { bytes } of repository.readBlobs(oids, never)) sizes.push(bytes.length)
      return sizes.length
    }
    const fetches = await fetchesOf(async () => assert.equal(await read(), 3))
    assert.equal(fetches.length, 1)
    for (const oid of oids) assert.match(fetches[0] ?? '', new RegExp(`want ${oid}\n`))
    assert.deepEqual(await fetchesOf(async () => assert.equal(await read(), 3)), [])
  })

  test('gives other work its turn while folders are read from memory', async () => {
    const repository = scene.open()
    const { tree } = await repository.head('main', never)
    await repository.readTree(tree, never)
    let hadTurn = false
    setImmediate(() => {
      hadTurn = true
    })
    for (let read = 0; read < 600; read++) await repository.readTree(tree, never)
    assert.ok(hadTurn)
  })

  test('keeps what it fetches although nobody reads on', async () => {
    const repository = scene.open()
    const { tree } = await repository.head('main', never)
    const oids = (await repository.readTree(tree, never)).filter(({ type }) => type === 'file').map(({ oid }) => oid)
    const first = scene.operations.length
    for await (const _ of repository.readBlobs(oids, never)) break
    await eventually('the fetch is done', () => scene.operations.length > first)
    assert.deepEqual(await fetchesOf(() => readRoot(repository, { branch: 'main', commit: '', tree }, 'huge.txt')), [])
  })

  test('passes on that a fetch breaks off while its files are read', async () => {
    const repository = scene.open()
    const { tree } = await repository.head('main', never)
    const oids = (await repository.readTree(tree, never)).filter(({ type }) => type === 'file').map(({ oid }) => oid)
    scene.server.after = (request, answer) =>
      isFetch(request) ? { ...answer, body: answer.body.subarray(0, answer.body.length - 30), cut: true } : answer
    await assert.rejects(
      async () => {
        for await (const _ of repository.readBlobs(oids, never));
      },
      gitError('UNREACHABLE', true, /^Cannot read /),
    )
    scene.server.after = (_, answer) => answer
    assert.equal(await readRoot(repository, await repository.head('main', never)), `a: ${last}\n`)
  })

  test('gets what others push together with its files, but for large ones', async () => {
    const repository = scene.open()
    await repository.head('main', never)
    await change()
    await commitFiles(scene.path, 'main', { 'huge.txt': Buffer.alloc(2 * 1024 ** 2, 'y') })
    let snapshot: Snapshot | undefined
    const fetches = await fetchesOf(async () => {
      snapshot = await repository.head('main', never)
      assert.equal(await readRoot(repository, snapshot), `a: ${last}\n`)
    })
    assert.equal(fetches.length, 1)
    const [huge] = await fetchesOf(async () => {
      assert.equal((await readRoot(repository, snapshot as Snapshot, 'huge.txt')).length, 2 * 1024 ** 2)
    })
    assert.doesNotMatch(huge ?? '', /have|deepen|filter/)
  })

  test('fetches what a delta is of, where it was left out before', async () => {
    const repository = scene.open()
    await repository.head('main', never)
    await commitFiles(scene.path, 'main', { 'b.yaml': `${large}more: ${++added}\n` })
    const fetches = await fetchesOf(async () => {
      const snapshot = await repository.head('main', never)
      assert.equal(await readRoot(repository, snapshot, 'b.yaml'), `${large}more: ${added}\n`)
    })
    assert.equal(fetches.length, 2)
    await commitFiles(scene.path, 'main', { 'b.yaml': large })
  })

  test('does not ask twice for what a delta is of', async () => {
    await scene.open().head('main', never)
    await commitFiles(scene.path, 'main', { 'b.yaml': `${large}more: ${++added}\n` })
    // The second answer is the first again, with the same delta of what is not there.
    let first: Buffer | undefined
    scene.server.after = (request, answer) => {
      if (!isFetch(request)) return answer
      first ??= answer.body
      return { ...answer, body: first }
    }
    const fetches = await fetchesOf(() =>
      assert.rejects(scene.open().head('main', never), gitError('INVALID_ANSWER', true, /delta of what is not there/)),
    )
    assert.equal(fetches.length, 2)
    await commitFiles(scene.path, 'main', { 'b.yaml': large })
  })

  test('tells what a server sends instead of what was asked', async () => {
    const other = await scene.server.create('other', { 'a.yaml': 'other: 1\n' })
    const fetchOther = await otherAnswer(scene, other.url)
    scene.server.after = (request, answer) => (isFetch(request) ? { ...answer, body: fetchOther } : answer)
    await assert.rejects(
      scene.open().head('main', never),
      gitError('INVALID_ANSWER', true, /did not send commit [0-9a-f]{40}$/),
    )
    scene.server.after = (_, answer) => answer
    const repository = scene.open()
    const snapshot = await repository.head('main', never)
    scene.server.after = (request, answer) => (isFetch(request) ? { ...answer, body: fetchOther } : answer)
    await assert.rejects(readRoot(repository, snapshot), gitError('STATE', true, /blob [0-9a-f]{40} is not in/))
  })

  test('gets back a file that was damaged while it is read', async () => {
    const repository = scene.open()
    const snapshot = await repository.head('main', never)
    assert.equal(await readRoot(repository, snapshot), `a: ${last}\n`)
    const restarted = scene.open()
    await restarted.head('main', never)
    const [file] = await repository.readTree(snapshot.tree, never)
    for (const name of await readdir(objects())) {
      const path = join(objects(), name)
      if ((await openSegment(name, path))?.find(file?.oid ?? '') !== undefined) await writeFile(path, 'damaged')
    }
    assert.equal(await readRoot(restarted, snapshot), `a: ${last}\n`)
  })

  test('gets back folders by its next look', async () => {
    await scene.open().head('main', never)
    const repository = scene.open()
    const snapshot = await repository.head('main', never)
    for (const name of await readdir(objects())) await rm(join(objects(), name))
    await assert.rejects(repository.readTree('1'.repeat(40), never), gitError('STATE', true, /^Cannot read /))
    assert.deepEqual(await repository.head('main', never), snapshot)
    assert.equal(await readRoot(repository, snapshot), `a: ${last}\n`)
  })

  const damages: [string, () => Promise<unknown>][] = [
    ['tips that are no JSON', () => writeFile(join(scene.folder, 'wire-1', 'tips.json'), '{"main": 7, ')],
    ['an unknown tip', () => writeFile(join(scene.folder, 'wire-1', 'tips.json'), `{"main": "${'1'.repeat(40)}"}`)],
    ['no objects', () => removeFolder(objects())],
    ['a folder of another version', () => writeFile(join(scene.folder, 'wire-2'), 'unknown')],
  ]
  for (const [name, damage] of damages)
    test(`starts with ${name}`, async () => {
      await scene.open().head('main', never)
      await damage()
      await change()
      const repository = scene.open()
      assert.equal(await readRoot(repository, await repository.head('main', never)), `a: ${last}\n`)
    })

  test('tells of a folder that cannot be written', async () => {
    await writeFile(scene.folder, 'a file stands where the folder should')
    await assert.rejects(scene.open().head('main', never), gitError('STATE', true, /ENOTDIR|EEXIST/))
    await rm(scene.folder)
  })

  test('starts afresh when the folder is full, and is not filled by pushes', async () => {
    const repository = scene.open({ maxBytes: 20_000 })
    for (let round = 0; round < 12; round++) {
      const base = await repository.head('main', never)
      const bytes = Buffer.from(`${large}more: ${++added}\n`)
      await repository.push(await repository.commit(base, [{ path: 'b.yaml', bytes }], details), never)
      assert.ok((await readdir(objects())).length <= 6)
    }
    await commitFiles(scene.path, 'main', { 'b.yaml': large })
  })

  test('is shared by engines that look and push at once', async () => {
    const engines = Array.from({ length: 4 }, () => scene.open({ maxFiles: 3, maxBytes: 20_000 }))
    await pushInTurns(engines, 6, () => `a: ${++last}\n`)
  })

  test('reads thousands of files, of which a thread makes the most', async () => {
    const texts = Array.from(
      { length: 6_000 },
      (_, index) => [`many/${index % 10}/${index}.yaml`, `${index}\n`] as const,
    )
    const { url } = await scene.server.create('many', Object.fromEntries(texts))
    const repository = scene.open({ url })
    const { tree } = await repository.head('main', never)
    const [many] = await repository.readTree(tree, never)
    const folders = await repository.readTree(many?.oid ?? '', never)
    const entries = await Promise.all(folders.map(({ oid }) => repository.readTree(oid, never)))
    const found: string[] = []
    for await (const { bytes } of repository.readBlobs(
      entries.flat().map(({ oid }) => oid),
      never,
    ))
      found.push(String(Buffer.from(bytes)))
    assert.deepEqual(found.sort(), texts.map(([, text]) => text).sort())
  })

  test('sends the difference alone of a large folder', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`flat/file-${index}.yaml`, `${index}\n`]),
    )
    await commitFiles(scene.path, 'main', files)
    const repository = scene.open()
    const base = await repository.head('main', never)
    const changes = [7, 500, 900].map((index) => ({ path: `flat/file-${index}.yaml`, bytes: Buffer.from('new\n') }))
    const commit = await repository.commit(base, changes, details)
    const first = scene.server.requests.length
    await repository.push(commit, never)
    assert.ok((scene.server.requests[first]?.body.length ?? 1e9) < 1_500)
    assert.equal(String(await git(scene.path, ['diff', '--name-only', 'main~1', 'main'])).split('\n').length, 4)
    await git(scene.path, ['fsck', '--strict'])
  })
})

function isFetch({ path, body }: Pick<GitRequest, 'path' | 'body'>): boolean {
  return path.endsWith('git-upload-pack') && body.includes('command=fetch')
}

function questionOf({ body }: GitRequest): string {
  return body.toString()
}

/** What the server answers to a fetch of another repository. */
async function otherAnswer(scene: Scene, url: string): Promise<Buffer> {
  let body: Buffer = Buffer.alloc(0)
  scene.server.after = (request, answer) => {
    if (isFetch(request)) body = answer.body
    return answer
  }
  await scene.open({ url }).head('main', never)
  scene.server.after = (_, answer) => answer
  await removeFolder(scene.folder)
  return body
}

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { packetLine } from '../../../src/updaters/git/packet-lines.js'
import { removeFolder } from '../../parts/folder.js'
import { commitFiles, type GitRequest, git } from '../../parts/git-server.js'
import { ENGINES, type Engine, gitError, never, readRoot, type Scene, startScene } from './scene.js'

for (const engine of ENGINES) describe(`a fetch by the engine "${engine}"`, () => fetches(engine))

function fetches(engine: Engine): void {
  let scene: Scene
  before(async () => {
    scene = await startScene({ engine })
  })
  afterEach(() => {
    scene.server.before = () => undefined
    scene.server.after = (_, answer) => answer
  })
  after(() => scene.stop())

  test('that is truncated anywhere is no success, and the next one is', async () => {
    // From the first byte, from the first of the pack, and from the last: the progress between them differs from run to run.
    const cuts: [string, (body: Buffer) => number][] = [
      ...[0, 1, 4, 40, 53, 57, 61].map((at): [string, () => number] => [`${at}`, () => at]),
      ...[-5, 0, 12, 100].map((at): [string, (body: Buffer) => number] => [
        `PACK${at}`,
        (body) => body.indexOf('PACK') + at,
      ]),
      ...[30, 20, 5, 4, 1].map((at): [string, (body: Buffer) => number] => [`end-${at}`, (body) => body.length - at]),
    ]
    for (const [name, cut] of cuts) {
      await removeFolder(scene.folder)
      const repository = scene.open()
      alterFetch(scene, (body) => body.subarray(0, cut(body)))
      await assert.rejects(
        repository.head('main', never),
        gitError('INVALID_ANSWER', true, /^Cannot fetch "main" of /),
        name,
      )
      assert.deepEqual(await kept(scene.folder), [])
      scene.server.after = (_, answer) => answer
      assert.equal(await readRoot(repository, await repository.head('main', never)), 'a: 1\n', `after ${name}`)
    }
  })

  test('that is altered anywhere in its pack is no success', async () => {
    for (let at = 0; at < 60; at += 7) {
      await removeFolder(scene.folder)
      alterFetch(scene, (body) => {
        const altered = Buffer.from(body)
        const index = body.indexOf('PACK') + at
        altered[index] = (altered[index] ?? 0) ^ 1
        return altered
      })
      await assert.rejects(scene.open().head('main', never), gitError('INVALID_ANSWER', true), `byte ${at}`)
      assert.deepEqual(await kept(scene.folder), [])
    }
  })

  test('passes on why the server gave up', async () => {
    await removeFolder(scene.folder)
    const give = (...lines: string[]) => alterFetch(scene, () => Buffer.concat(lines.map(packetLine)))
    give(...(engine === 'isomorphic' ? [] : ['packfile\n']), '\x03out of memory\n')
    await assert.rejects(scene.open().head('main', never), gitError('REJECTED', false, /: out of memory$/))
    give('ERR access denied\n')
    await assert.rejects(scene.open().head('main', never), gitError('REJECTED', false, /: access denied$/))
    give(`ERR upload-pack: not our ref ${'1'.repeat(40)}\n`)
    await assert.rejects(scene.open().head('main', never), gitError('STALE', true, /branch has moved/))
  })

  test('asks for one branch and for what is new', async () => {
    await removeFolder(scene.folder)
    for (let branch = 0; branch < 20; branch++)
      await git(scene.path, ['update-ref', `refs/heads/b${branch}`, 'refs/heads/main'])
    const repository = scene.open()
    await repository.head('main', never)
    const first = scene.server.requests.length
    const tip = await commitFiles(scene.path, 'main', { 'a.yaml': 'a: 2\n' })
    let objects = 0
    alterFetch(scene, (body) => {
      objects = body.readUInt32BE(body.indexOf('PACK') + 8)
      return body
    })

    assert.equal((await repository.head('main', never)).commit, tip)
    const [look, fetch, ...more] = scene.server.requests.slice(first)
    assert.deepEqual(more, [])
    assert.equal(objects, 3, 'the commit, its tree and the file')
    assert.match(String(look?.body), /ref-prefix refs\/heads\/main\n/)
    for (const line of [`want ${tip}`, 'shallow [0-9a-f]{40}\n', 'deepen 1\n', 'have [0-9a-f]{40}\n', 'thin-pack'])
      assert.match(String(fetch?.body), new RegExp(line))
  })

  test('refuses what no branch can be named before it asks', async () => {
    const first = scene.server.requests.length
    for (const name of [
      '',
      'a\nb',
      'a b',
      '../x',
      'a..b',
      '/a',
      'a/',
      'a//b',
      '.a',
      'a/.b',
      'a.lock',
      'a.',
      '@',
      'a@{1}',
      'a~1',
      'a^',
      'a:b',
      'a*',
      'a[',
      'a\\b',
      'a\x00b',
    ])
      await assert.rejects(
        scene.repository.head(name, never),
        gitError('BRANCH_NOT_FOUND', false),
        JSON.stringify(name),
      )
    assert.equal(scene.server.requests.length, first)
  })
}

test('a fetch takes a server without protocol version 2', async () => {
  const scene = await startScene()
  try {
    scene.server.before = ({ headers }) => {
      delete headers['git-protocol']
      return undefined
    }
    const repository = scene.open()
    const first = scene.server.requests.length
    await repository.head('main', never)
    await repository.head('main', never)
    const tip = await commitFiles(scene.path, 'main', { 'a.yaml': 'a: 3\n' })

    const moved = await repository.head('main', never)

    assert.equal(moved.commit, tip)
    assert.equal(await readRoot(repository, moved), 'a: 3\n')
    assert.deepEqual(
      scene.server.requests.slice(first).map(({ method }) => method),
      ['GET', 'POST', 'GET', 'GET', 'POST'],
    )
    await assert.rejects(repository.head('gone', never), gitError('BRANCH_NOT_FOUND', false))
    const { url } = await scene.server.create('empty')
    await assert.rejects(scene.open({ url }).head('main', never), gitError('EMPTY_REPOSITORY', false))
  } finally {
    await scene.stop()
  }
})

function isFetch({ method, body }: GitRequest): boolean {
  return method === 'POST' && !body.includes('command=ls-refs')
}

function alterFetch(scene: Scene, alter: (body: Buffer) => Buffer): void {
  scene.server.after = (request, answer) => (isFetch(request) ? { ...answer, body: alter(answer.body) } : answer)
}

/** What the engines have kept of objects. */
async function kept(folder: string): Promise<string[]> {
  const folders = ['objects/pack', 'wire-1/objects'].map((name) => readdir(join(folder, name)).catch(() => []))
  return (await Promise.all(folders)).flat()
}

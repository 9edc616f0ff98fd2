import assert from 'node:assert/strict'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { History, Oid } from '../../../src/updaters/git/repository.js'
import { removeFolder } from '../../parts/folder.js'
import { commitFiles, git } from '../../parts/git-server.js'
import { DAY, GRAPHS, type Graph, importGraph, line, MINUTE, now, revList } from './graphs.js'
import { details, ENGINES, type Engine, gitError, never, readRoot, type Scene, startScene } from './scene.js'

for (const engine of ENGINES) describe(`the history by the engine "${engine}"`, () => histories(engine))

function histories(engine: Engine): void {
  let scene: Scene
  before(async () => {
    scene = await startScene({ engine })
  })
  beforeEach(() => removeFolder(scene.folder))
  afterEach(() => {
    scene.server.before = () => undefined
    scene.server.after = (_, answer) => answer
  })
  after(() => scene.stop())

  let made = 0
  /** A branch of its own, made of these commits. */
  async function branchOf(graph: Graph): Promise<{ branch: string; oids: ReadonlyMap<string, Oid> }> {
    const branch = `branch-${++made}`
    return { branch, oids: await importGraph(scene.path, branch, graph) }
  }
  async function historyOf(branch: string, since = 0, repository = scene.open()): Promise<History> {
    const snapshot = await repository.head(branch, never)
    return repository.history(snapshot, { since: since * 1000, ...never })
  }

  const fetches = () => scene.operations.filter(({ operation }) => operation === 'fetch').length
  async function fetchesOf(act: () => Promise<unknown>): Promise<number> {
    const first = fetches()
    await act()
    return fetches() - first
  }

  // The order is made in one place for all: one engine is enough for most.
  for (const [name, graph] of Object.entries(GRAPHS).slice(engine === 'wire' ? 0 : -2))
    test(`is that of Git: ${name}`, async () => {
      const { branch } = await branchOf(graph)
      const { commits, shortened } = await historyOf(branch)
      assert.equal(shortened, undefined)
      assert.deepEqual(
        commits.map(({ oid }) => oid),
        await revList(scene.path, branch),
      )
    })

  test('has what each commit says', async () => {
    const { branch, oids } = await branchOf([
      ['a', [], now],
      ['b', ['a'], now + 1],
    ])
    const { commits } = await historyOf(branch)
    const somebody = { name: 'Somebody', email: 'somebody@example.com' }
    const trees = await Promise.all(['a', 'b'].map((name) => revParse(scene.path, `${oids.get(name)}^{tree}`)))
    const common = { author: somebody, committer: somebody }
    const [a, b] = [oids.get('a'), oids.get('b')]
    assert.deepEqual(commits, [
      { oid: b, tree: trees[1], parents: [a], ...common, time: now + 1, message: 'b' },
      { oid: a, tree: trees[0], parents: [], ...common, time: now, message: 'a' },
    ])
  })

  test('leaves out what is older than asked for, and gets it when asked for more', async () => {
    const { branch } = await branchOf(line(20))
    const since = now + 12 * MINUTE
    const repository = scene.open()
    const recent = await historyOf(branch, since, repository)
    assert.deepEqual(oidsOf(recent), await revList(scene.path, branch, `--since=${since}`))
    assert.equal(recent.shortened, undefined)
    assert.deepEqual(oidsOf(await historyOf(branch, 0, repository)), await revList(scene.path, branch))
    assert.deepEqual(oidsOf(await historyOf(branch, now + DAY, repository)), [])
  })

  test('has commits whose clock was wrong, and what is behind them', async () => {
    const graph = line(20).map((commit, at) => (at === 15 || at === 19 ? ([commit[0], commit[1], 0] as const) : commit))
    const { branch } = await branchOf(graph)
    assert.equal((await historyOf(branch, now)).commits.length, 20)
  })

  test('asks once for what others push, and never for what it pushed itself', async () => {
    const { branch } = await branchOf(line(5))
    const repository = scene.open()
    assert.equal(await fetchesOf(() => historyOf(branch, 0, repository)), 2)
    assert.equal(await fetchesOf(() => historyOf(branch, 0, repository)), 0)

    await commitFiles(scene.path, branch, { 'file.txt': 'others\n' })
    // The look alone: its commit is upon one that is here.
    assert.equal(await fetchesOf(() => historyOf(branch, 0, repository)), 1)

    for (const text of ['1', '2', '3']) await commitFiles(scene.path, branch, { 'file.txt': text })
    assert.equal(await fetchesOf(() => historyOf(branch, 0, repository)), 2)

    const base = await repository.head(branch, never)
    const changes = [{ path: 'file.txt', bytes: Buffer.from('own\n') }]
    await repository.push(await repository.commit(base, changes, details), never)
    let history: History | undefined
    const count = await fetchesOf(async () => {
      history = await historyOf(branch, 0, repository)
    })
    assert.equal(count, 0)
    assert.deepEqual(oidsOf(history), await revList(scene.path, branch))
  })

  test('is fetched as far as it is new', async () => {
    const { branch } = await branchOf(line(60))
    const repository = scene.open()
    await historyOf(branch, 0, repository)
    for (const text of ['1', '2', '3']) await commitFiles(scene.path, branch, { 'file.txt': text })
    await repository.head(branch, never)
    let objects = 0
    scene.server.after = (_, answer) => {
      objects += objectsOf(answer.body)
      return answer
    }
    assert.equal((await historyOf(branch, 0, repository)).commits.length, 63)
    assert.ok(objects > 0 && objects <= 9, `${objects} objects`)
  })

  test('is not fetched again after a restart', async () => {
    const { branch } = await branchOf(line(150))
    const before = await historyOf(branch)
    const first = scene.server.requests.length
    assert.deepEqual(await historyOf(branch), before)
    // What the server can do, and the look.
    assert.equal(scene.server.requests.length - first, 2)
  })

  test('follows a branch that is moved by force, and one that begins anew', async () => {
    const { branch } = await branchOf(line(8))
    const repository = scene.open()
    await historyOf(branch, 0, repository)
    await git(scene.path, ['branch', '-f', branch, `${branch}~4`])
    await commitFiles(scene.path, branch, { 'file.txt': 'other\n' })
    const moved = await historyOf(branch, 0, repository)
    assert.deepEqual(oidsOf(moved), await revList(scene.path, branch))
    assert.equal(moved.commits.length, 5)

    await importGraph(scene.path, branch, [['orphan', [], now]])
    await git(scene.path, ['reflog', 'expire', '--expire=now', '--all'])
    await git(scene.path, ['gc', '--prune=now', '--quiet'])
    const anew = await historyOf(branch, 0, repository)
    assert.deepEqual(
      anew.commits.map(({ message }) => message),
      ['orphan'],
    )
  })

  test('joins branches that were forked long ago', async () => {
    const { branch, oids } = await branchOf(line(40))
    const repository = scene.open()
    const since = now + 30 * MINUTE
    await historyOf(branch, since, repository)
    const [old = '', tip = ''] = [oids.get('c3'), oids.get('c39')]
    const tree = await revParse(scene.path, `${tip}^{tree}`)
    const dates = { GIT_COMMITTER_DATE: `${now + DAY} +0000` }
    const side = String(await git(scene.path, ['commit-tree', '-p', old, '-m', 'side', tree], { env: dates })).trim()
    const merge = ['commit-tree', '-p', tip, '-p', side, '-m', 'merge', tree]
    const merged = String(await git(scene.path, merge, { env: dates })).trim()
    await git(scene.path, ['branch', '-f', branch, merged])
    assert.deepEqual(
      oidsOf(await historyOf(branch, since, repository)),
      await revList(scene.path, branch, `--since=${since}`),
    )
  })

  test('ends where a server has no more', async () => {
    const { branch } = await branchOf(line(10))
    const clone = `clone-${++made}`
    await git(scene.server.folder, [
      'clone',
      '-q',
      '--bare',
      '--depth=4',
      '-b',
      branch,
      `file://${scene.path}`,
      `${clone}.git`,
    ])
    await git(`${scene.server.folder}/${clone}.git`, ['config', 'uploadpack.allowFilter', 'true'])
    const repository = scene.open({ url: `${scene.server.url}/${clone}.git` })
    const { commits, shortened } = await historyOf(branch, 0, repository)
    assert.deepEqual(
      commits.map(({ oid }) => oid),
      await revList(scene.path, branch, '-n4'),
    )
    assert.match(shortened ?? '', /^only the newest 4 commits: server /)
    assert.equal(await fetchesOf(() => historyOf(branch, 0, repository)), 0)
    const restarted = scene.open({ url: `${scene.server.url}/${clone}.git` })
    assert.equal(await fetchesOf(() => historyOf(branch, 0, restarted)), 0)
  })

  test('goes back as far as the server can leave out files', async () => {
    const { branch } = await branchOf(line(2_500))
    const { commits, shortened } = await historyOf(branch)
    const expected = await revList(scene.path, branch)
    if (engine === 'wire') assert.equal(shortened, undefined)
    else assert.equal(shortened, 'only the newest 100 commits: server would send the files of each')
    const count = engine === 'wire' ? 2_500 : 100
    assert.deepEqual(
      commits.map(({ oid }) => oid),
      expected.slice(0, count),
    )
  })

  test('is cut where a server sends too much', async () => {
    const { branch } = await branchOf(line(5))
    const flood = Buffer.alloc(65_520, 'fff0\x02flood')
    scene.server.after = (request, answer) => {
      if (!request.body.includes('deepen 10\n') && !request.body.includes('deepen 256\n')) return answer
      return { ...answer, body: Buffer.concat([...Array<Buffer>(1_100).fill(flood), answer.body]) }
    }
    const repository = scene.open()
    const { commits, shortened } = await historyOf(branch, 0, repository)
    assert.equal(commits.length, 1)
    assert.equal(shortened, 'only the newest commit: more are too large')
    assert.equal(await fetchesOf(() => historyOf(branch, 0, repository)), 0)
  })

  test('is cut where a server counts too many objects', async () => {
    const { branch } = await branchOf(line(5))
    scene.server.after = (request, answer) => {
      if (!request.body.includes('deepen 256\n')) return answer
      answer.body.writeUInt32BE(20_001, answer.body.indexOf('PACK') + 8)
      return answer
    }
    const { shortened } = await historyOf(branch)
    assert.equal(shortened, engine === 'wire' ? 'only the newest commit: more are too large' : undefined)
  })

  test('is read although a server refuses to leave out folders', async () => {
    const { branch } = await branchOf(line(5))
    await git(scene.path, ['config', 'uploadpackfilter.tree.allow', 'false'])
    const repository = scene.open()
    assert.equal((await historyOf(branch, 0, repository)).commits.length, 5)
    for (const text of ['1', '2']) await commitFiles(scene.path, branch, { 'file.txt': text })
    assert.equal((await historyOf(branch, 0, repository)).commits.length, 7)
    await git(scene.path, ['config', '--unset', 'uploadpackfilter.tree.allow'])
  })

  test('leads to the files of each commit', async () => {
    const { branch } = await branchOf(line(12))
    const repository = scene.open()
    const { commits } = await historyOf(branch, 0, repository)
    const read: string[] = []
    for (const { commit, tree } of commits.map(({ oid, tree }) => ({ branch, commit: oid, tree })))
      read.push(await readRoot(repository, { branch, commit, tree }, 'file.txt'))
    assert.deepEqual(
      read,
      line(12)
        .map(([name]) => name)
        .reverse(),
    )
  })

  test('is got back after its files are lost', async () => {
    const { branch } = await branchOf(line(30))
    const history = await historyOf(branch)
    for (const path of await filesBelow(scene.folder)) await rm(path)
    assert.deepEqual(await historyOf(branch), history)
  })

  test('starts afresh when its folder is full', async () => {
    const { branch } = await branchOf(line(5))
    const repository = scene.open({ maxBytes: 1, maxPacks: 3 })
    for (let round = 0; round < 6; round++) {
      assert.deepEqual(oidsOf(await historyOf(branch, 0, repository)), await revList(scene.path, branch))
      for (const text of ['1', '2', '3']) await commitFiles(scene.path, branch, { 'file.txt': `${round} ${text}` })
    }
  })

  test('is read of several branches at once', async () => {
    const branches: string[] = []
    for (const count of [12, 20, 16]) branches.push((await branchOf(line(count))).branch)
    const repository = scene.open()
    const read = () => Promise.all(branches.map((branch) => historyOf(branch, 0, repository)))
    for (const histories of [await read(), await read()])
      assert.deepEqual(
        histories.map(({ commits }) => commits.length),
        [12, 20, 16],
      )
  })

  test('tells that the branch was moved by force meanwhile', async () => {
    const { branch } = await branchOf([
      ['gone', [], now],
      ['gone, too', ['gone'], now],
    ])
    const repository = scene.open()
    const snapshot = await repository.head(branch, never)
    await importGraph(scene.path, branch, [['anew', [], now]])
    await git(scene.path, ['reflog', 'expire', '--expire=now', '--all'])
    await git(scene.path, ['gc', '--prune=now', '--quiet'])
    const history = repository.history(snapshot, { since: 0, ...never })
    await assert.rejects(history, gitError('STALE', true, /branch has moved: /))
  })

  test('tells what the server answers, and stops when it is told to', async () => {
    const { branch } = await branchOf(line(3))
    const repository = scene.open()
    const snapshot = await repository.head(branch, never)
    scene.server.before = () => ({ status: 503, headers: {}, body: Buffer.alloc(0) })
    const history = repository.history(snapshot, { since: 0, ...never })
    await assert.rejects(history, gitError('UNREACHABLE', true, /^Cannot read the history of "branch-\d+" of "/))
    const stopping = new AbortController()
    scene.server.before = () => {
      stopping.abort(new Error('enough'))
      return undefined
    }
    const stopped = repository.history(snapshot, { since: 0, signal: stopping.signal })
    await assert.rejects(stopped, /^Error: enough$/)
    scene.server.before = () => undefined
    assert.equal((await historyOf(branch, 0, repository)).commits.length, 3)
  })
}

function oidsOf(history: History | undefined): Oid[] {
  return history?.commits.map(({ oid }) => oid) ?? []
}

/** That a pack counts in its header. */
function objectsOf(answer: Buffer): number {
  const at = answer.indexOf('PACK')
  return at < 0 ? 0 : answer.readUInt32BE(at + 8)
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function revParse(path: string, name: string): Promise<string> {
  return String(await git(path, ['rev-parse', name])).trim()
}

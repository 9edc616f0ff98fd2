import assert from 'node:assert/strict'
import { setMaxListeners } from 'node:events'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../src/lifecycle/clock.js'
import type { EngineChoice } from '../../src/updaters/git/choose-engine.js'
import type { GitErrorCode } from '../../src/updaters/git/errors.js'
import { openGitRepository } from '../../src/updaters/git/open.js'
import type { GitOperation } from '../../src/updaters/git/operations.js'
import type { CommitDetails, GitRepository, Oid, Snapshot, TreeEntry } from '../../src/updaters/git/repository.js'
import type { SshLogin } from '../../src/updaters/git/transports/access.js'
import { startCgiServer } from '../parts/cgi-server.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import {
  type CreateOptions,
  commitFiles,
  type Files,
  fsck,
  type GitServer,
  git,
  log,
  readFileAt,
  startGitServer,
} from '../parts/git-server.js'
import { startSshServer } from '../parts/ssh-server.js'

/** Every way to a repository, with the engine that is chosen for it. */
const ways: Readonly<Record<string, Way>> = {
  'by HTTP': { urlOf: ({ url }) => url, engine: 'wire' },
  'by HTTP without filters': { urlOf: ({ url }) => url, engine: 'wire', filters: false },
  'by HTTP without protocol version 2': { urlOf: ({ url }) => url, engine: 'isomorphic', version: 1 },
  'behind nginx and FastCGI': { front: startCgiServer, urlOf: inFront, engine: 'wire' },
  'by SSH': { front: sshFront(true), urlOf: inFront, engine: 'wire' },
  'by SSH without protocol version 2': { front: sshFront(false), urlOf: inFront, engine: 'isomorphic' },
  'by its path': { urlOf: ({ path }) => path, engine: 'wire' },
  'by a file URL': { urlOf: ({ path }) => `file://${path}`, engine: 'wire' },
}

interface Way {
  /** Another server of the same repositories, by the folder that they are in. */
  readonly front?: (folder: string) => Promise<Front>
  readonly urlOf: (repository: { readonly url: string; readonly path: string }, front?: Front) => string
  readonly engine: EngineChoice['engine']
  readonly filters?: boolean
  readonly version?: 1
}

interface Front {
  /** Repositories are at `<url>/<name>.git`. */
  readonly url: string
  readonly credentials?: SshLogin
  stop(): Promise<void>
}

function sshFront(acceptsProtocol: boolean): (folder: string) => Promise<Front> {
  return async (folder) => {
    const { urlOf, key, knownHosts, stop } = await startSshServer({ acceptsProtocol })
    return { url: urlOf(folder), credentials: { sshKey: { file: key.file }, knownHosts }, stop }
  }
}

function inFront({ path }: { readonly path: string }, front: Front | undefined): string {
  return `${front?.url}/${basename(path)}`
}

const details: CommitDetails = {
  message: 'Update app to 2\n\nTidemark-Update: app 1 -> 2\n',
  author: { name: 'Tidemark', email: 'tidemark@example.com' },
  time: 1_800_000_000,
}

const never = { signal: new AbortController().signal }
setMaxListeners(100, never.signal)

// Each test has a repository of its own, and mostly waits for the programs of Git.
for (const [name, way] of Object.entries(ways))
  describe(`a Git repository ${name}`, { concurrency: 4 }, () => conformance(way))

function conformance({ front: startFront, urlOf, engine, filters = true, version }: Way): void {
  let server: GitServer
  let front: Front | undefined
  let state: string
  const repositories: string[] = []
  let made = 0

  before(async () => {
    server = await startGitServer()
    front = await startFront?.(server.folder)
    if (version === 1)
      server.before = ({ headers }) => {
        delete headers['git-protocol']
        return undefined
      }
    state = await temporaryFolder('git-state')
  })
  after(async () => {
    // Whatever a test did, the server is left with what Git finds nothing wrong with.
    for (const path of repositories) if (existsSync(path)) await fsck(path)
    await front?.stop()
    await server.stop()
    await removeFolder(state)
  })

  async function start(files?: Files, options?: CreateOptions): Promise<Scene> {
    const created = await server.create(`r${++made}`, files, options)
    const { path } = created
    repositories.push(path)
    if (!filters) await git(path, ['config', 'uploadpack.allowFilter', 'false'])
    const operations: GitOperation[] = []
    const open = () =>
      openGitRepository({
        url: urlOf(created, front),
        credentials: front?.credentials,
        stateFolder: state,
        clock: systemClock,
        onOperation: (operation) => operations.push(operation),
        onEngine: (choice) => assert.equal(choice.engine, engine, choice.reason),
      })
    return { path, open, repository: open(), operations }
  }

  test('reads the newest commit of a branch with all of its files', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n', 'apps/b/c.yaml': 'c: 1\n' })
    const tip = await commitFiles(path, 'main', { 'apps/b/d.yaml': 'd: 1\n' })

    const snapshot = await repository.head('main', never)

    assert.equal(snapshot.branch, 'main')
    assert.equal(snapshot.commit, tip)
    assert.deepEqual(await readAll(repository, snapshot), {
      'a.yaml': 'a: 1\n',
      'apps/b/c.yaml': 'c: 1\n',
      'apps/b/d.yaml': 'd: 1\n',
    })
  })

  test('reads what Git itself reads, after each of many changes', async () => {
    const { repository, path } = await start(similarFiles(0))
    for (let round = 1; round <= 4; round++) {
      const snapshot = await repository.head('main', never)
      assert.deepEqual(await readAll(repository, snapshot), await readAllByGit(path))
      await commitFiles(path, 'main', similarFiles(round))
      if (round % 2 === 0) await git(path, ['gc', '--quiet'])
    }
  })

  test('commits changes that a native clone sees, and nothing else', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n', 'apps/b/c.yaml': 'c: 1\n', 'apps/e.yaml': 'e: 1\n' })
    const base = await repository.head('main', never)

    const commit = await repository.commit(
      base,
      [change('apps/b/c.yaml', 'c: 2\n'), change('a.yaml', 'a: 2\n')],
      details,
    )
    await repository.push(commit, never)

    await fsck(path)
    const [newest, first] = await log(path, 'main')
    assert.equal(newest?.oid, commit.oid)
    assert.deepEqual(newest?.parents, [base.commit])
    assert.equal(newest?.author, 'Tidemark <tidemark@example.com>')
    assert.equal(newest?.message.trim(), details.message.trim())
    assert.equal(first?.oid, base.commit)
    const clone = `${path}.clone`
    await git(state, ['clone', '-q', path, clone])
    const changed = await git(clone, ['diff', '--name-only', 'HEAD~1'])
    assert.equal(changed.toString(), 'a.yaml\napps/b/c.yaml\n')
    assert.equal((await git(clone, ['show', 'HEAD:apps/b/c.yaml'])).toString(), 'c: 2\n')
    assert.equal((await git(clone, ['show', 'HEAD:a.yaml'])).toString(), 'a: 2\n')
  })

  test('makes the same commit of the same arguments', async () => {
    const { repository } = await start({ 'a.yaml': 'a: 1\n' })
    const base = await repository.head('main', never)

    const one = await repository.commit(base, [change('a.yaml', 'a: 2\n')], details)
    const two = await repository.commit(base, [change('a.yaml', 'a: 2\n')], details)

    assert.deepEqual(one, two)
    assert.equal(one.objects.length, 3)
  })

  test('fetches only when the branch has moved', async () => {
    const { repository, path, operations } = await start({ 'a.yaml': 'a: 1\n' })
    const first = await repository.head('main', never)
    assert.deepEqual(await repository.head('main', never), first)
    assert.deepEqual(names(operations), ['capabilities', 'ls-refs', 'fetch', 'ls-refs'])

    const tip = await commitFiles(path, 'main', { 'a.yaml': 'a: 2\n' })
    const moved = await repository.head('main', never)

    assert.equal(moved.commit, tip)
    assert.deepEqual(names(operations).slice(4), ['ls-refs', 'fetch'])
    assert.deepEqual(await readAll(repository, moved), { 'a.yaml': 'a: 2\n' })
  })

  test('does not fetch what it pushed, nor after a restart', async () => {
    const { repository, open, operations } = await start({ 'a.yaml': 'a: 1\n' })
    const commit = await repository.commit(await repository.head('main', never), [change('a.yaml', 'a: 2\n')], details)
    await repository.push(commit, never)
    operations.length = 0

    assert.equal((await repository.head('main', never)).commit, commit.oid)
    const restarted = open()
    const snapshot = await restarted.head('main', never)

    assert.equal(snapshot.commit, commit.oid)
    assert.deepEqual(await readAll(restarted, snapshot), { 'a.yaml': 'a: 2\n' })
    assert.deepEqual(names(operations), ['ls-refs', 'capabilities', 'ls-refs'])
  })

  test('loses a race and wins the next', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' })
    const base = await repository.head('main', never)
    const late = await repository.commit(base, [change('a.yaml', 'a: 2\n')], details)
    const human = await commitFiles(path, 'main', { 'b.yaml': 'b: 2\n' })

    await assert.rejects(repository.push(late, never), error('STALE', true, /^Cannot push to "main" of /))

    const again = await repository.commit(await repository.head('main', never), [change('a.yaml', 'a: 2\n')], details)
    await repository.push(again, never)
    await fsck(path)
    assert.deepEqual(
      (await log(path, 'main')).map(({ oid }) => oid),
      [again.oid, human, base.commit],
    )
    assert.equal((await readFileAt(path, 'main', 'b.yaml')).toString(), 'b: 2\n')
  })

  test('never overwrites where two push at once', async () => {
    const { repository, open, path } = await start({ 'a.yaml': 'a: 1\n' })
    const writers = [repository, open(), open()]
    const commits = await Promise.all(
      writers.map(async (writer, index) =>
        writer.commit(await writer.head('main', never), [change('a.yaml', `a: ${index + 2}\n`)], details),
      ),
    )

    const pushes = await Promise.allSettled(writers.map((writer, index) => writer.push(at(commits, index), never)))

    assert.equal(pushes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const push of pushes) if (push.status === 'rejected') error('STALE', true)(push.reason)
    assert.equal((await log(path, 'main')).length, 2)
    await fsck(path)
  })

  test('follows a branch that was moved by force', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n' })
    const first = await repository.head('main', never)
    await commitFiles(path, 'main', { 'a.yaml': 'a: 2\n' })
    await repository.head('main', never)

    await git(path, ['update-ref', 'refs/heads/main', first.commit])
    assert.deepEqual(await repository.head('main', never), first)

    const other = await commitFiles(path, 'other', { 'z.yaml': 'z: 1\n' })
    await git(path, ['update-ref', 'refs/heads/main', other])
    const snapshot = await repository.head('main', never)
    assert.equal(snapshot.commit, other)
    assert.deepEqual(await readAll(repository, snapshot), { 'z.yaml': 'z: 1\n' })
  })

  test('tells a missing branch from an empty repository', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n' })
    await assert.rejects(repository.head('gone', never), error('BRANCH_NOT_FOUND', false, /^Cannot fetch "gone" of /))
    await assert.rejects(repository.head('mai', never), error('BRANCH_NOT_FOUND', false))

    await repository.head('main', never)
    await commitFiles(path, 'kept', { 'a.yaml': 'a: 1\n' })
    await git(path, ['update-ref', '-d', 'refs/heads/main'])
    await assert.rejects(repository.head('main', never), error('BRANCH_NOT_FOUND', false))

    const empty = await start()
    await assert.rejects(empty.repository.head('main', never), error('EMPTY_REPOSITORY', false))
  })

  test('sees a deleted branch when it pushes', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n' })
    const commit = await repository.commit(await repository.head('main', never), [change('a.yaml', 'a: 2\n')], details)
    await git(path, ['update-ref', '-d', 'refs/heads/main'])

    await assert.rejects(repository.push(commit, never), error('STALE', true))
  })

  test('reads a branch where HEAD names none', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n' })
    await git(path, ['symbolic-ref', 'HEAD', 'refs/heads/nowhere'])

    assert.deepEqual(await readAll(repository, await repository.head('main', never)), { 'a.yaml': 'a: 1\n' })
  })

  test('takes branch names with slashes and other letters', async () => {
    for (const branch of ['release/1.x/bücher', 'release/2']) {
      const { repository, path } = await start({ 'a.yaml': 'a: 1\n' }, { branch })
      const commit = await repository.commit(
        await repository.head(branch, never),
        [change('a.yaml', 'a: 2\n')],
        details,
      )
      await repository.push(commit, never)
      assert.equal((await log(path, branch))[0]?.oid, commit.oid)
    }
  })

  test('keeps two branches apart', async () => {
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n' })
    await git(path, ['update-ref', 'refs/heads/staging', 'refs/heads/main'])
    await commitFiles(path, 'staging', { 'a.yaml': 'a: 2\n' })
    const [main, staging] = await Promise.all([repository.head('main', never), repository.head('staging', never)])

    await repository.push(await repository.commit(main, [change('a.yaml', 'a: 3\n')], details), never)
    await repository.push(await repository.commit(staging, [change('a.yaml', 'a: 4\n')], details), never)

    assert.equal((await readFileAt(path, 'main', 'a.yaml')).toString(), 'a: 3\n')
    assert.equal((await readFileAt(path, 'staging', 'a.yaml')).toString(), 'a: 4\n')
    await fsck(path)
  })

  test('keeps modes, symbolic links, submodules and unreadable names', async () => {
    const { repository, path } = await start({ 'd/a.yaml': 'a: 1\n' })
    const submodule = '1'.repeat(40)
    await commitFiles(path, 'main', { 'd/run.sh': '#!/bin/sh\n' }, { mode: '100755' })
    await commitFiles(path, 'main', { 'd/link': 'a.yaml' }, { mode: '120000' })
    await commitFiles(path, 'main', { 'd/sub': submodule }, { mode: '160000' })
    await commitFiles(path, 'main', { 'd/a\\b': 'x', 'd-e/f': 'x', 'd.yaml': 'x' })
    await addLatin1Name(path, 'main')
    const listed = await list(path)

    const base = await repository.head('main', never)
    const folder = (await repository.readTree(base.tree, never)).find(({ name }) => name === 'd')
    assert.deepEqual(
      (await repository.readTree(folder?.oid ?? '', never)).map(({ name, type }) => [name, type]),
      [
        ['a.yaml', 'file'],
        ['a\\b', 'file'],
        ['caf\ufffd.yaml', 'file'],
        ['link', 'symlink'],
        ['run.sh', 'executable'],
        ['sub', 'submodule'],
      ],
    )
    const changes = [change('d/a.yaml', 'a: 2\n'), change('d/run.sh', '#!/bin/bash\n')]
    await repository.push(await repository.commit(base, changes, details), never)

    const touched = /\t(d\/a\.yaml|d\/run\.sh)$/
    const others = (lines: string[]) => lines.filter((line) => !touched.test(line))
    assert.deepEqual(others(await list(path)), others(listed))
    assert.match((await list(path)).find((line) => line.endsWith('run.sh')) ?? '', /^100755 /)
    await git(path, ['fsck', '--no-dangling'])
  })

  test('refuses to change what is not a file there', async () => {
    const { repository, path } = await start({ 'd/a.yaml': 'a: 1\n' })
    await commitFiles(path, 'main', { link: 'd/a.yaml' }, { mode: '120000' })
    const base = await repository.head('main', never)
    for (const name of ['missing.yaml', 'd', 'd/missing/a.yaml', 'd/a.yaml/b', 'link', '', '../a', '/d/a.yaml'])
      await assert.rejects(repository.commit(base, [change(name, 'x')], details), error('UNSUPPORTED', false), name)
    const twice = [change('d/a.yaml', 'x'), change('d/a.yaml', 'y')]
    await assert.rejects(repository.commit(base, twice, details), error('UNSUPPORTED', false))
  })

  test('takes large files, odd names and deep paths', async () => {
    const deep = `${'deep/'.repeat(40)}file.yaml`
    const odd = ['with space/a b.yaml', 'ünï/日本.yaml', '-dash.yaml', '"quoted".yaml', 'tab\tname.yaml', 'a.yaml:b']
    const large = Buffer.alloc(10 * 1024 * 1024, 'a line of a large file\n')
    const { repository, path } = await start({
      ...Object.fromEntries([deep, ...odd].map((name) => [name, 'v: 1\n'])),
      large,
    })

    const base = await repository.head('main', never)
    const blob = (await repository.readTree(base.tree, never)).find(({ name }) => name === 'large')
    for await (const { bytes } of repository.readBlobs([blob?.oid ?? ''], never)) assert.deepEqual(bytes, large)
    const larger = Buffer.concat([large, Buffer.from('one more\n')])
    const changes = [...[deep, ...odd].map((name) => change(name, 'v: 2\n')), { path: 'large', bytes: larger }]
    await repository.push(await repository.commit(base, changes, details), never)

    const written = await Promise.all([deep, ...odd].map((name) => readFileAt(path, 'main', name)))
    for (const bytes of written) assert.equal(bytes.toString(), 'v: 2\n')
    assert.deepEqual(await readFileAt(path, 'main', 'large'), larger)
    await fsck(path)
  })

  test('yields each blob once, and none after an abort', async () => {
    const { repository } = await start({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' })
    const oids = (await repository.readTree((await repository.head('main', never)).tree, never)).map(({ oid }) => oid)
    const read: Oid[] = []
    for await (const { oid } of repository.readBlobs([...oids, ...oids], never)) read.push(oid)
    assert.deepEqual(read.sort(), [...oids].sort())

    const aborted = { signal: AbortSignal.abort(new Error('enough')) }
    await assert.rejects(async () => {
      for await (const _ of repository.readBlobs(oids, aborted)) assert.fail('read after the abort')
    }, /^Error: enough$/)
    await assert.rejects(repository.head('main', aborted), /^Error: enough$/)
  })

  test('passes on why a hook declines', async () => {
    const hooks = { 'pre-receive': 'echo "policy: no changes on fridays (cannot lock ref)" >&2\nexit 1' }
    const { repository, path } = await start({ 'a.yaml': 'a: 1\n' }, { hooks })
    const base = await repository.head('main', never)
    const commit = await repository.commit(base, [change('a.yaml', 'a: 2\n')], details)

    await assert.rejects(
      repository.push(commit, never),
      error('REJECTED', false, /pre-receive hook declined \(policy: no changes on fridays \(cannot lock ref\)\)/),
    )
    assert.equal((await log(path, 'main'))[0]?.oid, base.commit)
  })

  test('refuses a repository of another object format', async () => {
    const { repository, path } = await start()
    await removeFolder(path)
    await git(server.folder, ['init', '-q', '--bare', '--object-format=sha256', path])
    await commitFiles(path, 'main', { 'a.yaml': 'a: 1\n' })
    await assert.rejects(repository.head('main', never), error('UNSUPPORTED', false, /object-format=sha256/))
  })

  test('finds no repository where there is none', async () => {
    const { repository, path } = await start()
    await removeFolder(path)
    await assert.rejects(repository.head('main', never), error('REPOSITORY_NOT_FOUND', false))
  })
}

interface Scene {
  readonly path: string
  readonly repository: GitRepository
  readonly operations: GitOperation[]
  open(): GitRepository
}

function change(path: string, text: string): { path: string; bytes: Buffer } {
  return { path, bytes: Buffer.from(text) }
}

function error(code: GitErrorCode, retryable: boolean, message = /^Cannot /): (thrown: unknown) => true {
  return (thrown) => {
    assert.ok(thrown instanceof Error)
    assert.deepEqual(
      { ...thrown, message: thrown.message },
      { name: 'GitError', code, retryable, message: thrown.message },
    )
    assert.match(thrown.message, message)
    return true
  }
}

function names(operations: readonly GitOperation[]): string[] {
  for (const { outcome, durationMs } of operations) assert.ok(outcome === 'success' && durationMs >= 0)
  return operations.map(({ operation }) => operation)
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  assert.ok(item !== undefined)
  return item
}

async function readAll(repository: GitRepository, snapshot: Snapshot): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  const walk = async (tree: Oid, prefix: string): Promise<void> => {
    for (const entry of await repository.readTree(tree, never)) {
      if (entry.type === 'tree') await walk(entry.oid, `${prefix}${entry.name}/`)
      else files[prefix + entry.name] = await readOne(repository, entry)
    }
  }
  await walk(snapshot.tree, '')
  return files
}

async function readOne(repository: GitRepository, { oid }: TreeEntry): Promise<string> {
  for await (const { bytes } of repository.readBlobs([oid], never)) return Buffer.from(bytes).toString()
  throw new assert.AssertionError({ message: `no blob ${oid}` })
}

/** Long files that have most in common, so that Git sends them as deltas of each other; others of them in each round. */
function similarFiles(round: number): Files {
  const lines = Array.from({ length: 300 }, (_, line) => `key${line}: value ${line ** 3}\n`).join('')
  const indexes = Array.from({ length: 60 }, (_, index) => index).filter(
    (index) => round === 0 || index % (round + 1) === 0,
  )
  return Object.fromEntries(
    indexes.map((index) => [`d${index % 7}/f${index}.yaml`, `${lines}at: ${index} in ${round}\n`]),
  )
}

async function readAllByGit(path: string): Promise<Record<string, string>> {
  const names = (await git(path, ['ls-tree', '-r', '-z', '--name-only', 'refs/heads/main'])).toString().split('\0')
  const files = names.filter((name) => name !== '')
  const read = files.map(async (name) => [name, (await readFileAt(path, 'main', name)).toString()] as const)
  return Object.fromEntries(await Promise.all(read))
}

async function list(path: string): Promise<string[]> {
  return (await git(path, ['ls-tree', '-r', '-z', 'refs/heads/main'])).toString('latin1').split('\0')
}

// A name that is not UTF-8, as old archives leave them.
async function addLatin1Name(path: string, branch: string): Promise<void> {
  const blob = (await git(path, ['hash-object', '-w', '--stdin'], { input: 'x' })).toString().trim()
  const folder = await git(path, ['ls-tree', '-z', `refs/heads/${branch}:d`])
  const entry = Buffer.concat([Buffer.from(`100644 blob ${blob}\tcaf`), Buffer.from([0xe9]), Buffer.from('.yaml\0')])
  const inner = (await git(path, ['mktree', '-z'], { input: Buffer.concat([folder, entry]) })).toString().trim()
  const rest = (await git(path, ['ls-tree', '-z', `refs/heads/${branch}`])).toString('latin1').split('\0')
  const kept = rest.filter((line) => line !== '' && !line.endsWith('\td'))
  const root = await git(path, ['mktree', '-z'], { input: [...kept, `040000 tree ${inner}\td`].join('\0') })
  const commit = await git(path, ['commit-tree', root.toString().trim(), '-p', branch, '-m', 'Old archive'])
  await git(path, ['update-ref', `refs/heads/${branch}`, commit.toString().trim()])
}

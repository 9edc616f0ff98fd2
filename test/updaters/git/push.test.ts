import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { GitErrorCode } from '../../../src/updaters/git/errors.js'
import type { Commit } from '../../../src/updaters/git/repository.js'
import { type GitAnswer, git, log } from '../../parts/git-server.js'
import { details, ENGINES, type Engine, gitError, never, type Scene, startScene } from './scene.js'

for (const engine of ENGINES) describe(`a push by the engine "${engine}"`, () => pushes(engine))

function pushes(engine: Engine): void {
  let scene: Scene
  let commit: Commit
  let made = 1
  before(async () => {
    scene = await startScene({ engine })
  })
  beforeEach(async () => {
    const base = await scene.repository.head('main', never)
    commit = await scene.repository.commit(base, [{ path: 'a.yaml', bytes: Buffer.from(`a: ${++made}\n`) }], details)
    scene.operations.length = 0
  })
  afterEach(() => {
    scene.server.before = () => undefined
    scene.server.after = (_, answer) => answer
  })
  after(() => scene.stop())

  test('is one request with the new objects alone', async () => {
    const first = scene.server.requests.length
    await scene.repository.push(commit, never)

    const requests = scene.server.requests.slice(first)
    assert.deepEqual(
      requests.map(({ path }) => path),
      ['/fleet.git/git-receive-pack'],
    )
    const body = requests[0]?.body ?? Buffer.alloc(0)
    assert.equal(body.readUInt32BE(body.indexOf('PACK') + 8), 3)
    assert.deepEqual(
      scene.operations.map(({ operation, outcome }) => [operation, outcome]),
      [['push', 'success']],
    )
  })

  // What Git, GitHub, GitLab, JGit and Azure DevOps answer, and what Git prints beside it.
  const refusals: [string, GitErrorCode, boolean][] = [
    ['fetch first', 'STALE', true],
    ['non-fast-forward', 'STALE', true],
    ['failed to update ref', 'STALE', true],
    ["cannot lock ref 'refs/heads/main': is at 7dc9 but expected 1bdf", 'STALE', true],
    ['incorrect old value provided', 'STALE', true],
    ['stale info', 'STALE', true],
    ['reference already exists', 'STALE', true],
    ['failed to lock', 'STALE', true],
    ['TF401028: The reference has already been updated by another client', 'STALE', true],
    ['missing necessary objects', 'STALE', true],
    ['pre-receive hook declined', 'REJECTED', false],
    ['protected branch hook declined', 'REJECTED', false],
    ['You are not allowed to push code to this project.', 'REJECTED', false],
    ['branch is currently checked out', 'REJECTED', false],
    ['deletion prohibited', 'REJECTED', false],
  ]
  for (const [reason, code, retryable] of refusals)
    test(`"${reason}" is ${code}`, async () => {
      scene.server.before = report(`unpack ok\n`, `ng refs/heads/main ${reason}\n`)
      await assert.rejects(scene.repository.push(commit, never), (error: Error) => {
        gitError(code, retryable, /^Cannot push to "main" of /)(error)
        assert.ok(error.message.includes(reason))
        return true
      })
    })

  test('of which the server cannot unpack the objects is refused', async () => {
    scene.server.before = report('unpack index-pack abnormal exit\n', 'ng refs/heads/main unpacker error\n')
    await assert.rejects(scene.repository.push(commit, never), gitError('REJECTED', false, /unpacker error/))
  })

  test('of which the server reports nothing is no success', async () => {
    for (const lines of [[], ['unpack ok\n'], ['unpack ok\n', 'ok refs/heads/other\n']]) {
      scene.server.before = report(...lines)
      await assert.rejects(scene.repository.push(commit, never), gitError('INVALID_ANSWER', true), lines.join())
    }
  })

  test('whose answer is lost after it was done is a success', async () => {
    let lose = true
    scene.server.after = ({ path }, answer) => {
      if (!path.endsWith('git-receive-pack') || !lose) return answer
      lose = false
      return { ...answer, body: Buffer.alloc(0), cut: true }
    }
    await scene.repository.push(commit, never)
    assert.equal((await log(scene.path, 'main'))[0]?.oid, commit.oid)
  })

  test('whose answer is truncated after it was done is a success', async () => {
    scene.server.after = ({ path }, answer) =>
      path.endsWith('git-receive-pack') ? { ...answer, body: answer.body.subarray(0, 12) } : answer
    await scene.repository.push(commit, never)
    assert.equal((await log(scene.path, 'main'))[0]?.oid, commit.oid)
  })

  test('that never arrived can be tried again', async () => {
    scene.server.before = ({ path }) =>
      path.endsWith('git-receive-pack') ? { status: 502, headers: {}, body: Buffer.alloc(0) } : undefined
    await assert.rejects(scene.repository.push(commit, never), gitError('UNREACHABLE', true, /502/))
    scene.server.before = () => undefined
    await scene.repository.push(commit, never)
    assert.equal((await log(scene.path, 'main'))[0]?.oid, commit.oid)
  })

  test('that is sent twice is done once', async () => {
    await scene.repository.push(commit, never)
    await assert.rejects(scene.repository.push(commit, never), gitError('STATE', true, /its objects are not kept$/))
    assert.equal((await git(scene.path, ['rev-list', '--count', `${commit.base.commit}..main`])).toString(), '1\n')
  })

  test('upon a commit that is gone from the server is stale', async () => {
    const [first] = (await log(scene.path, 'main')).slice(-1)
    await git(scene.path, ['update-ref', 'refs/heads/main', first?.oid ?? ''])
    await git(scene.path, ['reflog', 'expire', '--expire=now', '--all'])
    await git(scene.path, ['prune', '--expire=now'])
    await assert.rejects(scene.repository.push(commit, never), gitError('STALE', true))
  })
}

function report(...lines: string[]): (request: { path: string }) => GitAnswer | undefined {
  const packet = (text: string) => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`
  const body = Buffer.from(`${packet(`\x01${lines.map(packet).join('')}0000`)}0000`)
  return ({ path }) =>
    path.endsWith('git-receive-pack')
      ? { status: 200, headers: { 'content-type': 'application/x-git-receive-pack-result' }, body }
      : undefined
}

import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { Commit } from '../../../src/updaters/git/repository.js'
import { commitFiles, fsck, type GitAnswer, git, log, writeHook } from '../../parts/git-server.js'
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

  test('that is refused says what the server says, and by which repository', async () => {
    scene.server.before = report('unpack ok\n', 'ng refs/heads/main protected branch hook declined\n')
    await assert.rejects(
      scene.repository.push(commit, never),
      gitError(
        'REJECTED',
        false,
        /^Cannot push to "main" of "http.+fleet\.git": branch is protected: protected branch/,
      ),
    )
    scene.server.before = report('unpack ok\n', 'ng refs/heads/main fetch first\n')
    await assert.rejects(
      scene.repository.push(commit, never),
      gitError('STALE', true, /branch has moved: fetch first$/),
    )
  })

  test('of which the server cannot unpack the objects is refused', async () => {
    scene.server.before = report('unpack index-pack abnormal exit\n', 'ng refs/heads/main unpacker error\n')
    await assert.rejects(
      scene.repository.push(commit, never),
      gitError('REJECTED', false, /unpacker error, unpack index-pack abnormal exit/),
    )
  })

  test('that is larger than the server takes is refused', async () => {
    await git(scene.path, ['config', 'receive.maxInputSize', '50'])
    try {
      await assert.rejects(scene.repository.push(commit, never), gitError('REJECTED', false, /: push is too large: /))
    } finally {
      await git(scene.path, ['config', '--unset', 'receive.maxInputSize'])
    }
  })

  for (const hook of ['pre-receive', 'update'])
    test(`that the hook "${hook}" declines is refused, whatever it prints`, async () => {
      await writeHook(scene.path, hook, 'echo "fetch first, cannot lock ref" >&2; exit 1')
      try {
        await assert.rejects(
          scene.repository.push(commit, never),
          gitError('REJECTED', false, /: a hook of the server declines it: .+fetch first/),
        )
      } finally {
        await rm(join(scene.path, 'hooks', hook))
      }
    })

  test('of credentials that may not write is no race, though the branch moves', async () => {
    scene.server.before = ({ path }) =>
      path.endsWith('git-receive-pack')
        ? { status: 403, headers: { 'content-type': 'text/plain' }, body: Buffer.from('Write access not granted.\n') }
        : undefined
    await commitFiles(scene.path, 'main', { 'apps/b.yaml': `b: ${made}\n` })
    await assert.rejects(
      scene.repository.push(commit, never),
      gitError('UNAUTHORIZED', false, /Write access not granted/),
    )
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

  test('makes another branch and leaves its own', async () => {
    const branch = `new-${made}`
    await scene.repository.push(commit, { ...never, onto: { branch } })

    assert.equal((await log(scene.path, branch))[0]?.oid, commit.oid)
    assert.equal((await log(scene.path, 'main'))[0]?.oid, commit.base.commit)
    scene.operations.length = 0
    assert.equal((await scene.repository.head(branch, never)).commit, commit.oid)
    assert.deepEqual(
      scene.operations.map(({ operation }) => operation),
      ['ls-refs'],
    )
  })

  test('makes no branch that is there already', async () => {
    await commitFiles(scene.path, `taken-${made}`, { 'a.yaml': 'a: 0\n' })
    const onto = { branch: `taken-${made}` }
    await assert.rejects(
      scene.repository.push(commit, { ...never, onto }),
      gitError('STALE', true, /^Cannot push to "taken-/),
    )
  })

  test('cannot make a branch below another', async () => {
    await commitFiles(scene.path, `parent-${made}`, { 'a.yaml': 'a: 0\n' })
    await assert.rejects(
      scene.repository.push(commit, { ...never, onto: { branch: `parent-${made}/child` } }),
      gitError('REJECTED', false, /another branch has a part of this name/),
    )
  })

  test('replaces the commit of a branch that it names, and no other', async () => {
    const branch = `own-${made}`
    const first = await commitFiles(scene.path, branch, { 'a.yaml': 'a: 0\n' })
    const second = await commitFiles(scene.path, branch, { 'a.yaml': 'a: 1\n' })
    const replacing = (replaces: string) => scene.repository.push(commit, { ...never, onto: { branch, replaces } })

    await assert.rejects(replacing(first), gitError('STALE', true))
    await replacing(second)
    assert.equal((await log(scene.path, branch))[0]?.oid, commit.oid)
    await fsck(scene.path)
  })

  test('sees that the branch it replaces is gone', async () => {
    const onto = { branch: `gone-${made}`, replaces: commit.base.commit }
    await assert.rejects(scene.repository.push(commit, { ...never, onto }), gitError('STALE', true))
    // As a server that says no more than no.
    scene.server.before = report('unpack ok\n', `ng refs/heads/gone-${made} no\n`)
    await assert.rejects(scene.repository.push(commit, { ...never, onto }), gitError('STALE', true))
  })

  test('takes the rule against replacing for a rule', async () => {
    const branch = `kept-${made}`
    const replaces = await commitFiles(scene.path, branch, { 'a.yaml': 'a: 0\n' })
    await git(scene.path, ['config', 'receive.denyNonFastForwards', 'true'])
    await assert.rejects(
      scene.repository.push(commit, { ...never, onto: { branch, replaces } }),
      gitError('REJECTED', false, /history may not be replaced there: non-fast-forward/),
    )
    await git(scene.path, ['config', '--unset', 'receive.denyNonFastForwards'])
  })

  test('whose answer is lost on the way to another branch is a success', async () => {
    scene.server.after = ({ path }, answer) =>
      path.endsWith('git-receive-pack') ? { ...answer, body: Buffer.alloc(0), cut: true } : answer
    await scene.repository.push(commit, { ...never, onto: { branch: `lost-${made}` } })
    assert.equal((await log(scene.path, `lost-${made}`))[0]?.oid, commit.oid)
  })

  test('of a name that no branch can have asks nobody', async () => {
    const first = scene.server.requests.length
    await assert.rejects(
      scene.repository.push(commit, { ...never, onto: { branch: 'a..b' } }),
      gitError('BRANCH_NOT_FOUND', false),
    )
    assert.equal(scene.server.requests.length, first)
  })

  test('hands options to the hooks of a server that takes some', async () => {
    const options = { ...never, serverOptions: ['ci.skip', 'merge_request.title=Up date 1=2'] }
    await assert.rejects(
      scene.repository.push(commit, options),
      gitError('UNSUPPORTED', false, /server takes no push options$/),
    )

    await git(scene.path, ['config', 'receive.advertisePushOptions', 'true'])
    await writeHook(scene.path, 'pre-receive', 'env | grep ^GIT_PUSH_OPTION_ | sort > options')
    const opened = scene.open()
    const base = await opened.head('main', never)
    const again = await opened.commit(base, [{ path: 'a.yaml', bytes: Buffer.from(`a: ${made}\n`) }], details)
    await opened.push(again, options)

    const told = await readFile(join(scene.path, 'options'), 'utf8')
    assert.equal(
      told,
      'GIT_PUSH_OPTION_0=ci.skip\nGIT_PUSH_OPTION_1=merge_request.title=Up date 1=2\nGIT_PUSH_OPTION_COUNT=2\n',
    )
    await rm(join(scene.path, 'hooks/pre-receive'))
    await git(scene.path, ['config', '--unset', 'receive.advertisePushOptions'])
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

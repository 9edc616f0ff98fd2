import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { isRetryable, reasonOf } from '../../src/error.js'
import { samePolicy } from '../../src/policies/current.js'
import { newestPolicy } from '../../src/policies/newest.js'
import { eventually } from '../parts/eventually.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { commitFiles, fsck, type GitServer, git, log, readFileAt, startGitServer } from '../parts/git-server.js'
import { IMAGE, openBranch } from './branch.js'

const never = new AbortController().signal
let server: GitServer
let state = ''
let number = 0

before(async () => {
  server = await startGitServer()
})
after(() => server.stop())
beforeEach(async () => {
  state = await temporaryFolder('state')
  server.before = () => undefined
})
afterEach(() => removeFolder(state))

const manifest = (tag: string, name = 'app') => `kind: Deployment\nname: ${name}\nimage: ${IMAGE}:${tag}\n`

async function setup(files: Readonly<Record<string, string>>, globs?: readonly string[]) {
  const { url, path } = await server.create(`repository-${number++}`, files)
  const branch = await openBranch(url, state, globs)
  return {
    url,
    path,
    ...branch,
    branch,
    finish: () => fsck(path),
  }
}

const oids = (commits: readonly { readonly oid: string }[]) => commits.map(({ oid }) => oid)

describe('reconcile', () => {
  it('writes all due changes in one commit, and then has nothing to do', async () => {
    const { path, reconciler, select, finish } = await setup({
      'apps/a.yaml': manifest('1.0.0'),
      'apps/deep/er/b.yaml': manifest('1.0.1', 'other'),
      'README.md': `image: ${IMAGE}:1.0.0\n`,
    })
    await select('1.1.0')
    const { commits, plan } = await reconciler.reconcile(never)
    assert.deepEqual(
      plan.changes.map(({ file, line, from, to }) => [file, line, from, to]),
      [
        ['apps/a.yaml', 3, '1.0.0', '1.1.0'],
        ['apps/deep/er/b.yaml', 3, '1.0.1', '1.1.0'],
      ],
    )
    assert.equal((await readFileAt(path, 'main', 'apps/a.yaml')).toString(), manifest('1.1.0'))
    assert.equal((await readFileAt(path, 'main', 'apps/deep/er/b.yaml')).toString(), manifest('1.1.0', 'other'))
    assert.equal((await readFileAt(path, 'main', 'README.md')).toString(), `image: ${IMAGE}:1.0.0\n`)
    const [last, ...before] = await log(path, 'main')
    assert.deepEqual([last?.oid], oids(commits))
    assert.equal(before.length, 1)

    assert.deepEqual((await reconciler.reconcile(never)).commits, [])
    assert.equal((await log(path, 'main')).length, 2)
    await finish()
  })

  it('reads once when images were created, however many places there are', async () => {
    const files = Object.fromEntries(['1.0.0', '1.2.0', '1.0.0'].map((tag, i) => [`${i}.yaml`, manifest(tag)]))
    const { url } = await server.create(`repository-${number++}`, files)
    const newest = { policy: newestPolicy() }
    const { reconciler, select, jobs } = await openBranch(url, state, undefined, undefined, newest)
    let reads = 0
    const at = (createdAt: number) => ({ digest: `sha256:${'0'.repeat(64)}`, since: 0, askedAt: 0, createdAt })
    await jobs.sightings.set(IMAGE, {
      version: 1,
      get tags() {
        reads++
        return { '1.0.0': at(1), '1.1.0': at(2), '1.2.0': at(3) }
      },
    })
    await select('1.1.0')
    const { places } = await reconciler.plan(never)
    assert.deepEqual(
      places.map(({ current, state: is }) => `${current} ${is}`),
      ['1.0.0 pending', '1.2.0 held', '1.0.0 pending'],
    )
    assert.equal(reads, 1)
  })

  it('tells where the image comes from, or nothing where it cannot be asked', async () => {
    const { url, path } = await server.create(`repository-${number++}`, { 'a.yaml': manifest('1.0.0') })
    const digests: string[] = []
    const { reconciler, select } = await openBranch(url, state, undefined, async ({ path: image }, digest) => {
      digests.push(`${image}@${digest}`)
      if (digests.length > 1) throw new Error('the registry is away')
      return { revision: 'f00dfeed', createdAt: Date.UTC(2026, 10, 20, 10) }
    })
    await select('1.1.0', `sha256:${'1'.repeat(64)}`)
    await reconciler.reconcile(never)
    await select('1.2.0', `sha256:${'2'.repeat(64)}`)
    await reconciler.reconcile(never)
    const body = async (ref: string) =>
      (await git(path, ['show', '-s', '--format=%b', ref])).toString().split('\n', 1)[0]
    const told = ' (revision f00dfeed, created 2026-11-20T10:00:00Z)'
    assert.equal(await body('main~1'), `a.yaml: ${IMAGE} 1.0.0 → 1.1.0${told}`)
    assert.equal(await body('main'), `a.yaml: ${IMAGE} 1.1.0 → 1.2.0`)
    assert.equal(digests.length, 2)
  })

  it('keeps to the files that the policy names', async () => {
    const { path, reconciler, select, finish } = await setup(
      { 'apps/a.yaml': manifest('1.0.0'), 'other/a.yaml': manifest('1.0.0', 'x') },
      ['apps/**'],
    )
    await select('1.1.0')
    await reconciler.reconcile(never)
    assert.equal((await readFileAt(path, 'main', 'other/a.yaml')).toString(), manifest('1.0.0', 'x'))
    await finish()
  })

  it('computes again what somebody was faster to change, and loses nothing of it', async () => {
    const { path, branch, finish } = await setup({ 'a.yaml': manifest('1.0.0') })
    await branch.select('1.1.0')
    let rounds = 0
    branch.beforePush = async () => {
      if (++rounds > 3) return
      await commitFiles(path, 'main', { 'a.yaml': manifest('1.0.0', `human-${rounds}`), [`new-${rounds}`]: 'x' })
    }
    await branch.reconciler.reconcile(never)
    assert.equal(branch.retries.length, 3)
    const commits = await log(path, 'main')
    assert.equal(commits.length, 5)
    assert.ok(commits.every(({ parents }) => parents.length <= 1))
    assert.equal((await readFileAt(path, 'main', 'a.yaml')).toString(), manifest('1.1.0', 'human-3'))
    assert.equal((await readFileAt(path, 'main', 'new-1')).toString(), 'x')
    await finish()
  })

  it('leaves the branch alone where somebody wrote the same meanwhile', async () => {
    const { path, branch, finish } = await setup({ 'a.yaml': manifest('1.0.0') })
    await branch.select('1.1.0')
    branch.beforePush = () => commitFiles(path, 'main', { 'a.yaml': manifest('1.1.0') })
    assert.deepEqual((await branch.reconciler.reconcile(never)).commits, [])
    assert.equal((await log(path, 'main')).length, 2)
    await finish()
  })

  it('gives way after ten lost races', async () => {
    const { path, branch, finish } = await setup({ 'a.yaml': manifest('1.0.0') })
    await branch.select('1.1.0')
    let rounds = 0
    branch.beforePush = () => commitFiles(path, 'main', { new: String(++rounds) })
    const error = await branch.reconciler.reconcile(never).catch((thrown) => thrown)
    assert.equal(error.code, 'STALE')
    assert.equal(isRetryable(error), true)
    assert.equal(rounds, 10)
    await finish()
  })

  it('reads a file once, and after a restart not again', async () => {
    const first = await setup({ 'a.yaml': manifest('1.0.0'), 'b.yaml': 'kind: Namespace\n', 'c.yaml': 'x: 1\n' })
    await first.select('1.0.0')
    await first.reconciler.plan(never)
    assert.equal(first.read.length, 3)
    await first.reconciler.plan(never)
    assert.equal(first.read.length, 3)

    await commitFiles(first.path, 'main', { 'b.yaml': 'kind: Service\n' })
    const restarted = await openBranch(first.url, state)
    await restarted.select('1.0.0')
    await restarted.reconciler.plan(never)
    assert.equal(restarted.read.length, 1)
    await first.finish()
  })

  it('refuses a few trees that stand for more files than anybody has', async () => {
    const { path, reconciler, finish } = await setup({ 'a.yaml': manifest('1.0.0') })
    const run = async (args: readonly string[], input = '') => (await git(path, args, { input })).toString().trim()
    let entry = `100644 blob ${await run(['rev-parse', 'main:a.yaml'])}`
    for (let depth = 0; depth < 4; depth++) {
      const entries = Array.from({ length: 100 }, (_, index) => `${entry}\t${index}`)
      entry = `040000 tree ${await run(['mktree'], entries.join('\n'))}`
    }
    await run(['update-ref', 'refs/heads/main', await run(['commit-tree', '-m', 'Begin', entry.slice(-40)])])
    await assert.rejects(reconciler.plan(never), { code: 'TOO_LARGE' })
    await finish()
  })

  it('passes over what no path can name, and writes the others', async () => {
    const { path, reconciler, select, finish } = await setup({ 'a.yaml': manifest('1.0.0') })
    await select('1.1.0')
    const blob = (await git(path, ['rev-parse', 'main:a.yaml'])).toString().trim()
    const begin = async (...names: readonly string[]) => {
      const entry = (name: string) => [Buffer.from(`100644 ${name}\0`, 'latin1'), Buffer.from(blob, 'hex')]
      const input = Buffer.concat(names.flatMap(entry))
      const tree = await git(path, ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], { input })
      const commit = await git(path, ['commit-tree', '-m', 'Begin', tree.toString().trim()])
      await git(path, ['update-ref', 'refs/heads/main', commit.toString().trim()])
    }
    const filesOf = (marked: readonly { readonly file: string }[]) => marked.map(({ file }) => file)

    await begin('..', 'a.yaml', 'x/y.yaml')
    const hostile = await reconciler.plan(never)
    assert.deepEqual([filesOf(hostile.changes), filesOf(hostile.warnings)], [['a.yaml'], ['x/y.yaml']])

    await begin('a.yaml', 'caf\xe9.yaml')
    const { plan, commits } = await reconciler.reconcile(never)
    assert.deepEqual([filesOf(plan.changes), filesOf(plan.warnings)], [['a.yaml'], ['caf\ufffd.yaml']])
    assert.equal(commits.length, 1)
    await git(path, ['prune'])
    await finish()
  })

  it('leaves a file that cannot be edited safely, and writes the others', async () => {
    const { path, reconciler, select, finish } = await setup({
      'a.yaml': manifest('1.0.0'),
      link: 'no place here',
    })
    await commitFiles(path, 'main', { 'linked.yaml': 'a.yaml' }, { mode: '120000' })
    await select('1.1.0')
    const { plan } = await reconciler.reconcile(never)
    assert.deepEqual(
      plan.changes.map(({ file }) => file),
      ['a.yaml'],
    )
    assert.equal((await readFileAt(path, 'main', 'linked.yaml')).toString(), 'a.yaml')
    await finish()
  })

  it('tells what stands, before and after it writes, and orders a look where that is another', async () => {
    const files = { 'a.yaml': manifest('1.0.0'), 'b.yaml': manifest('2.0.0 # tidemark: ignore') }
    const { url, path } = await server.create(`repository-${number++}`, files)
    const goesByCurrent = { policy: samePolicy('major'), tellsStanding: true }
    const { reconciler, jobs } = await openBranch(url, state, undefined, undefined, goesByCurrent)
    const polls: string[] = []
    jobs.polls.work(async ({ repository, trigger }) => void polls.push(`${trigger} ${repository}`), 1)
    const standing = async () => (await jobs.standings.get(`app ${IMAGE} fleet main`))?.tags.join(' ')
    const selectFor = async (current: string, tag: string, firstSeenAt: number) => {
      const byCurrent = { [current]: { tag, firstSeenAt } }
      await jobs.selections.set('app', { version: 1, repository: IMAGE, rule: '*', firstSeenAt: 0, byCurrent })
    }

    for (let look = 0; look < 3; look++) await reconciler.reconcile(never)
    await eventually('a look is ordered', () => polls.length > 0)
    assert.deepEqual([await standing(), polls], ['1.0.0', [`event ${IMAGE}`]])

    await selectFor('1.0.0', '1.1.0', 42)
    const { commits } = await reconciler.reconcile(never)
    assert.deepEqual(commits[0]?.firstSeenAt, [42])
    await eventually('another look is ordered', () => polls.length > 1)
    assert.equal(await standing(), '1.1.0')
    const stays = (await jobs.standings.get(`app ${IMAGE} fleet main`))?.stays ?? []
    assert.deepEqual(
      stays.map(({ tag, until }) => [tag, until === undefined]),
      [
        ['1.1.0', true],
        ['1.0.0', false],
      ],
    )

    // Whoever is ignored has no part in it, whether its tag is known or not.
    await selectFor('1.1.0', '1.1.0', 43)
    for (let look = 0; look < 3; look++) await reconciler.reconcile(never)
    assert.deepEqual([await standing(), polls.length], ['1.1.0', 2])
    assert.equal((await readFileAt(path, 'main', 'b.yaml')).toString(), files['b.yaml'])

    await commitFiles(path, 'main', { 'a.yaml': manifest('1.0.5') })
    await reconciler.plan(never)
    await eventually('a look for what a person wrote', () => polls.length > 2)
    assert.equal(await standing(), '1.0.5')
    await jobs.stop()
  })

  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ['a branch that a hook protects', 'pre-receive', /main is protected/],
    ['a branch that an update hook protects', 'update', /main is protected/],
  ]
  for (const [what, hook, reason] of refusals) {
    it(`does not insist on ${what}`, async () => {
      const { url, path } = await server.create(
        `repository-${number++}`,
        { 'a.yaml': manifest('1.0.0') },
        { hooks: { [hook]: 'echo "main is protected" >&2; exit 1' } },
      )
      const { reconciler, select, retries } = await openBranch(url, state)
      await select('1.1.0')
      const error = await reconciler.reconcile(never).catch((thrown) => thrown)
      assert.equal(error.code, 'REJECTED')
      assert.match(reasonOf(error), reason)
      assert.deepEqual(retries, [])
      assert.equal((await log(path, 'main')).length, 1)
      await removeFolder(state)
    })
  }
})

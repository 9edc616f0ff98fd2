import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import {
  commitFiles,
  type Files,
  fsck,
  type GitServer,
  git,
  log,
  readFileAt,
  startGitServer,
  writeHook,
} from '../parts/git-server.js'
import { manifestOf, openWriter, type WriterOptions } from './writer.js'

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
})
afterEach(() => removeFolder(state))

const files = { 'a.yaml': manifestOf('a', '1.0.0'), 'b.yaml': manifestOf('b', '1.0.0') }

async function setup(more: Partial<WriterOptions> = {}, given: Files = files) {
  const { url, path } = await server.create(`repository-${number++}`, given)
  const open = (changed: Partial<WriterOptions> = {}) =>
    openWriter({ url, state, policies: ['a', 'b'], branch: 'tidemark/{{ policy }}', ...more, ...changed })
  const writer = await open()
  const tipOf = async (branch: string) => (await log(path, branch))[0]
  const placesOf = async (opened = writer) =>
    (await opened.reconciler.plan(never)).places.map(
      ({ file, state: is, obstacle, reason }) => `${file} ${is} ${obstacle}: ${reason}`,
    )
  const pushed = async (opened = writer) =>
    (await opened.reconciler.reconcile(never)).commits.map(({ branch, changes }) => `${branch} ${changes.length}`)
  return { path, ...writer, writer, open, tipOf, placesOf, pushed }
}

const unmerged = (file: string, tag: string, branch: string) =>
  `${file} pending unmerged: ${tag} is on branch "${branch}", not merged yet`

describe('updates on branches of their own', () => {
  it('are one commit each upon the branch that is read, which stays as it is', async () => {
    const { path, select, reconciler, tipOf, placesOf } = await setup()
    await select('a', '1.1.0')
    await select('b', '2.0.0')
    const begin = await tipOf('main')

    const { commits, plan } = await reconciler.reconcile(never)

    assert.deepEqual(
      commits.map(({ branch, subject, firstSeenAt }) => [branch, subject, firstSeenAt]),
      [
        ['tidemark/a', 'Update a to 1.1.0', [7]],
        ['tidemark/b', 'Update b to 2.0.0', [7]],
      ],
    )
    assert.deepEqual(await tipOf('main'), begin)
    assert.deepEqual((await tipOf('tidemark/a'))?.parents, [begin?.oid])
    assert.equal((await readFileAt(path, 'tidemark/a', 'a.yaml')).toString(), manifestOf('a', '1.1.0'))
    assert.equal((await readFileAt(path, 'tidemark/a', 'b.yaml')).toString(), files['b.yaml'])
    assert.equal((await readFileAt(path, 'tidemark/b', 'b.yaml')).toString(), manifestOf('b', '2.0.0'))
    const waiting = [unmerged('a.yaml', '1.1.0', 'tidemark/a'), unmerged('b.yaml', '2.0.0', 'tidemark/b')]
    assert.deepEqual(await placesOf(), waiting)
    assert.deepEqual(
      plan.places.map(({ obstacle, edit }) => [obstacle, edit]),
      [
        ['unmerged', undefined],
        ['unmerged', undefined],
      ],
    )
    await fsck(path)
  })

  it('are not pushed again while others commit elsewhere, nor after a restart without any state', async () => {
    const { path, select, pushed, open, tipOf, placesOf } = await setup()
    await select('a', '1.1.0')
    assert.deepEqual(await pushed(), ['tidemark/a 1'])
    const tip = await tipOf('tidemark/a')
    await commitFiles(path, 'main', { 'README.md': 'x', 'b.yaml': `# mine\n${files['b.yaml']}` })

    assert.deepEqual(await pushed(), [])
    await removeFolder(state)
    const restarted = await open()
    await restarted.select('a', '1.1.0')
    assert.deepEqual(await pushed(restarted), [])
    assert.deepEqual(await tipOf('tidemark/a'), tip)
    assert.equal((await placesOf(restarted))[0], unmerged('a.yaml', '1.1.0', 'tidemark/a'))
  })

  it('stand in the branch that is read once they are merged, and the next begins there', async () => {
    const { path, select, pushed, placesOf, tipOf } = await setup()
    await select('a', '1.1.0')
    await pushed()
    await commitFiles(path, 'main', { 'README.md': 'x' })
    await merge(path, 'main', 'tidemark/a')
    assert.equal((await placesOf())[0]?.slice(0, 14), 'a.yaml current')

    await select('a', '1.2.0')
    assert.deepEqual(await pushed(), ['tidemark/a 1'])
    assert.deepEqual((await tipOf('tidemark/a'))?.parents, [(await tipOf('main'))?.oid])
    await fsck(path)
  })

  const changes: readonly (readonly [string, Files])[] = [
    ['the file is another', { 'a.yaml': `# mine\n${files['a.yaml']}` }],
    ['there is one more place', { 'c.yaml': manifestOf('a', '1.0.0') }],
  ]
  for (const [what, changed] of changes)
    it(`are made anew where ${what}`, async () => {
      const { path, select, pushed, tipOf } = await setup()
      await select('a', '1.1.0')
      await pushed()
      const tip = await commitFiles(path, 'main', changed)
      assert.deepEqual(await pushed(), [`tidemark/a ${'c.yaml' in changed ? 2 : 1}`])
      assert.deepEqual((await tipOf('tidemark/a'))?.parents, [tip])
      assert.deepEqual(await pushed(), [])
      await fsck(path)
    })

  it('are made anew where one place was written by hand, and for another tag', async () => {
    const { path, select, pushed, tipOf } = await setup({}, { ...files, 'c/d/e.yaml': manifestOf('a', '1.0.0') })
    await select('a', '1.1.0')
    assert.deepEqual(await pushed(), ['tidemark/a 2'])
    await commitFiles(path, 'main', { 'c/d/e.yaml': manifestOf('a', '1.1.0') })
    assert.deepEqual(await pushed(), ['tidemark/a 1'])
    await select('a', '1.2.0')
    assert.deepEqual(await pushed(), ['tidemark/a 2'])
    assert.match((await tipOf('tidemark/a'))?.message ?? '', /^Update a to 1\.2\.0\n/)
  })

  it('cost the same however many branches there are', async () => {
    const { select, pushed } = await setup()
    await select('a', '1.1.0')
    const first = server.requests.length
    await pushed()
    const bodies = server.requests.slice(first).map(({ body }) => body.toString('latin1'))
    const prefixes = bodies.flatMap((body) => body.match(/ref-prefix .+/g) ?? [])
    assert.deepEqual(prefixes, ['ref-prefix refs/heads/main', 'ref-prefix refs/heads/tidemark/a'])
  })

  it('are made again where somebody deleted the branch', async () => {
    const { path, select, pushed } = await setup()
    await select('a', '1.1.0')
    await pushed()
    await git(path, ['update-ref', '-d', 'refs/heads/tidemark/a'])
    assert.deepEqual(await pushed(), ['tidemark/a 1'])
  })

  it('are made again where somebody has put the branch back to the one that is read', async () => {
    const { path, select, pushed } = await setup()
    await select('a', '1.1.0')
    await pushed()
    await git(path, ['update-ref', 'refs/heads/tidemark/a', 'main'])
    assert.deepEqual(await pushed(), ['tidemark/a 1'])
  })

  it('leave a branch alone upon which somebody has committed, and go on with the others', async () => {
    const { path, select, pushed, placesOf } = await setup()
    await select('a', '1.1.0')
    await pushed()
    const human = await commitFiles(path, 'tidemark/a', { 'a.yaml': 'mine\n' })
    await select('a', '1.2.0')
    await select('b', '1.1.0')

    assert.deepEqual(await pushed(), ['tidemark/b 1'])
    assert.equal((await log(path, 'tidemark/a'))[0]?.oid, human)
    const reason = `1.2.0 waits: branch "tidemark/a" ends with commit ${human.slice(0, 7)} of Somebody, which was not made for it and is not written over`
    assert.equal((await placesOf())[0], `a.yaml held unmerged: ${reason}`)
  })

  it('leave a branch alone that ends with a commit of ours for another', async () => {
    const { path, select, pushed, open, placesOf } = await setup({ branch: 'production' })
    await commitFiles(path, 'production', { ...files, 'people.yaml': 'x' })
    const direct = await open({ branch: 'production', target: { branch: 'production' } })
    await direct.select('a', '1.1.0')
    assert.deepEqual(await pushed(direct), ['production 1'])

    await select('a', '1.1.0')
    assert.deepEqual(await pushed(), [])
    assert.equal((await log(path, 'production')).length, 2)
    assert.match((await placesOf())[0] ?? '', /of Tidemark, which was not made for it/)
  })

  it('leave a branch alone that somebody has amended', async () => {
    const { path, select, pushed } = await setup()
    await select('a', '1.1.0')
    await pushed()
    const [ours] = await log(path, 'tidemark/a')
    const input = ours?.message ?? ''
    const amended = await git(path, ['commit-tree', `${ours?.oid}^{tree}`, '-p', 'main'], { input })
    await git(path, ['update-ref', 'refs/heads/tidemark/a', amended.toString().trim()])
    await select('a', '1.2.0')
    assert.deepEqual(await pushed(), [])
  })

  it('are known by who commits, whoever the author is', async () => {
    const committer = { name: 'Robot', email: 'robot@example.com' }
    const { select, pushed, placesOf } = await setup({ target: { committer } })
    await select('a', '1.1.0')
    assert.deepEqual(await pushed(), ['tidemark/a 1'])
    assert.equal((await placesOf())[0], unmerged('a.yaml', '1.1.0', 'tidemark/a'))
  })

  it('never replace what somebody pushed at the same time', async () => {
    let meanwhile: () => Promise<unknown> = async () => {}
    const { path, select, reconciler, retries } = await setup({
      wrap: (repository) => ({
        ...repository,
        async push(commit, options) {
          await meanwhile()
          await repository.push(commit, options)
        },
      }),
    })
    await select('a', '1.1.0')
    await reconciler.reconcile(never)
    await select('a', '1.2.0')
    let human = ''
    meanwhile = async () => {
      human = await commitFiles(path, 'tidemark/a', { new: 'x' })
    }
    assert.deepEqual((await reconciler.reconcile(never)).commits, [])
    assert.equal((await log(path, 'tidemark/a'))[0]?.oid, human)
    assert.equal(retries.length, 1)
  })

  it('go where the branch that is read has the name, and there come last', async () => {
    const branch = "{% if policy == 'a' %}main{% else %}tidemark/{{ policy }}-{{ tag }}{% endif %}"
    const { path, select, pushed, placesOf } = await setup({ branch })
    await select('a', '1.1.0')
    await select('b', '2.0.0')
    assert.deepEqual(await pushed(), ['tidemark/b-2.0.0 1', 'main 1'])
    assert.equal((await readFileAt(path, 'main', 'a.yaml')).toString(), manifestOf('a', '1.1.0'))
    assert.equal((await placesOf())[1], unmerged('b.yaml', '2.0.0', 'tidemark/b-2.0.0'))
  })

  it('of one name are one commit, and of one file two branches', async () => {
    const together = { 'a.yaml': `${files['a.yaml']}---\n${files['b.yaml']}` }
    const one = await setup({ branch: 'updates' }, together)
    await one.select('a', '1.1.0')
    await one.select('b', '1.1.0')
    assert.deepEqual(await one.pushed(), ['updates 2'])

    const two = await setup({}, together)
    await two.select('a', '1.1.0')
    await two.select('b', '1.1.0')
    assert.deepEqual(await two.pushed(), ['tidemark/a 1', 'tidemark/b 1'])
    const onB = await readFileAt(two.path, 'tidemark/b', 'a.yaml')
    assert.equal(onB.toString(), `${manifestOf('a', '1.0.0')}---\n${manifestOf('b', '1.1.0')}`)
    assert.deepEqual(await two.pushed(), [])
  })

  it('that the server refuses keep no other back', async () => {
    const { path, select, reconciler } = await setup()
    await writeHook(path, 'update', 'test "$1" != refs/heads/tidemark/a || { echo "a is frozen" >&2; exit 1; }')
    await select('a', '1.1.0')
    await select('b', '1.1.0')
    const { commits, plan } = await reconciler.reconcile(never)
    assert.deepEqual(
      commits.map(({ branch }) => branch),
      ['tidemark/b'],
    )
    const [refused] = plan.places
    assert.deepEqual([refused?.state, refused?.obstacle], ['failing', 'unwritable'])
    assert.match(
      refused?.reason ?? '',
      /^Cannot push to "tidemark\/a" of .+a hook of the server declines it.+a is frozen/,
    )
  })

  it('whose branch cannot be moved for now keep no other back, and are tried again', async () => {
    const { path, select, reconciler, retries, pushed } = await setup()
    await git(path, ['config', 'core.filesRefLockTimeout', '0'])
    await mkdir(join(path, 'refs/heads/tidemark'), { recursive: true })
    const lock = join(path, 'refs/heads/tidemark/a.lock')
    await writeFile(lock, '')
    await select('a', '1.1.0')
    await select('b', '1.1.0')
    await assert.rejects(reconciler.reconcile(never), { code: 'STALE', retryable: true })
    assert.equal(retries.length, 9)
    assert.equal((await readFileAt(path, 'tidemark/b', 'b.yaml')).toString(), manifestOf('b', '1.1.0'))
    await rm(lock)
    assert.deepEqual(await pushed(), ['tidemark/b 1', 'tidemark/a 1'])
  })

  it('wait where no branch can be named', async () => {
    const { select, placesOf } = await setup({ branch: "{{ tag | remove: '1.1.0' }}" })
    await select('a', '1.1.0')
    assert.equal((await placesOf())[0], 'a.yaml failing unwritable: Cannot name its branch: the name is empty')
  })

  it('do not stand in the branch that is read', async () => {
    const { select, reconciler, jobs } = await setup({ policy: { tellsStanding: true } })
    await select('a', '1.1.0')
    await reconciler.reconcile(never)
    assert.deepEqual((await jobs.standings.get('a ghcr.io/org/a fleet main'))?.tags, ['1.0.0'])
  })

  it('tell hooks their options, by HTTP and by a path', async () => {
    const { path, open } = await setup({ options: ['ci.skip'], branch: 'main' })
    await git(path, ['config', 'receive.advertisePushOptions', 'true'])
    await writeHook(path, 'pre-receive', 'test "$GIT_PUSH_OPTION_0" = ci.skip')
    for (const [tag, more] of Object.entries({ '1.1.0': {}, '1.2.0': { url: path } })) {
      const { select, reconciler } = await open(more)
      await select('a', tag)
      assert.equal((await reconciler.reconcile(never)).commits.length, 1)
    }
  })
})

describe('updates on branches of their own, of an older server', () => {
  type Change = (old: GitServer, path: string) => Promise<unknown>
  const servers: readonly (readonly [string, Change, number])[] = [
    [
      'once where it has no protocol version 2',
      async (old) => {
        old.before = ({ headers }) => {
          delete headers['git-protocol']
          return undefined
        }
      },
      1,
    ],
    ['not where it only sends whole commits', (_, path) => git(path, ['config', 'uploadpack.allowFilter', 'false']), 0],
  ]
  for (const [how, change, again] of servers)
    it(`are made anew after the state is lost: ${how}`, async () => {
      const old = await startGitServer()
      const { url, path } = await old.create('fleet', files)
      await change(old, path)
      const push = async () => {
        const writer = await openWriter({ url, state, policies: ['a'], branch: 'tidemark/{{ policy }}' })
        await writer.select('a', '1.1.0')
        const commits = []
        for (let look = 0; look < 3; look++) commits.push((await writer.reconciler.reconcile(never)).commits.length)
        return commits
      }
      assert.deepEqual(await push(), [1, 0, 0])
      await commitFiles(path, 'main', { 'README.md': 'x' })
      assert.deepEqual(await push(), [0, 0, 0])
      await removeFolder(state)
      assert.deepEqual(await push(), [again, 0, 0])
      assert.deepEqual(await push(), [0, 0, 0])
      await fsck(path)
      await old.stop()
    })
})

async function merge(path: string, into: string, branch: string): Promise<void> {
  const tree = (await git(path, ['merge-tree', '--write-tree', into, branch])).toString().trim()
  const commit = await git(path, ['commit-tree', '-m', 'Merge', '-p', into, '-p', branch, tree])
  await git(path, ['update-ref', `refs/heads/${into}`, commit.toString().trim()])
}

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { memoryJobs } from '../../src/jobs/memory.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { createEvents } from '../../src/telemetry/events.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { startUpdates } from '../../src/updaters/updates.js'
import { eventually } from '../parts/eventually.js'
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
import { freePort } from '../parts/process.js'
import { manifestOf, openWriter, type Writer } from '../updaters/writer.js'

const never = new AbortController().signal

for (const engine of ['wire', 'isomorphic'] as const)
  describe(`writers of one branch, by the engine "${engine}"`, () => {
    let server: GitServer
    let folder = ''
    let made = 0

    before(async () => {
      server = await startGitServer()
      // Without version 2 of the protocol there is the other engine.
      if (engine === 'isomorphic')
        server.before = ({ headers }) => {
          delete headers['git-protocol']
          return undefined
        }
    })
    after(() => server.stop())
    beforeEach(async () => {
      folder = await temporaryFolder('races')
    })
    afterEach(() => removeFolder(folder))

    async function create(files: Files) {
      const created = await server.create(`fleet-${made++}`, files)
      // Whoever would force a push is refused.
      await git(created.path, ['config', 'receive.denyNonFastForwards', 'true'])
      return created
    }

    const opened = (url: string, name: string, policies: readonly string[]) =>
      openWriter({ url, state: join(folder, name), policies })

    const far = '# far\n'.repeat(20)
    const scenes: Readonly<Record<string, Files>> = {
      'different files': { 'a.yaml': manifestOf('a', '1.0.0'), 'b.yaml': manifestOf('b', '1.0.0'), notes: '0' },
      'one file': { 'a.yaml': `${manifestOf('a', '1.0.0')}${far}---\n${manifestOf('b', '1.0.0')}${far}# notes 0\n` },
    }
    for (const [where, files] of Object.entries(scenes))
      it(`lose nothing of each other, nor of a person, in ${where}`, async () => {
        const { url, path } = await create(files)
        const [a, b] = [await opened(url, 'a', ['a']), await opened(url, 'b', ['b'])]
        const rounds = 3

        const [ofA, ofB, ofPerson] = await Promise.all([
          updates(a, 'a', rounds),
          updates(b, 'b', rounds),
          person({ url, folder, rounds, file: 'notes' in files ? 'notes' : 'a.yaml' }),
        ])

        const commits = await log(path, 'main')
        assert.equal(commits.length, 3 * rounds + 1)
        assert.ok(commits.every(({ parents }) => parents.length <= 1))
        const found = new Set(commits.map(({ oid }) => oid))
        for (const oid of [...ofA, ...ofB, ...ofPerson]) assert.ok(found.has(oid))
        const text = async (file: string) => (await readFileAt(path, 'main', file)).toString()
        const whole =
          'notes' in files
            ? [await text('a.yaml'), await text('b.yaml'), await text('notes')].join('')
            : await text('a.yaml')
        const last = (start: string) => start.replaceAll(':1.0.0', `:1.${rounds}.0`)
        assert.equal(whole, last(Object.values(files).join('')).replace(/0(\n?)$/, `${rounds}$1`))
        await fsck(path)
      })

    it('write the same once', async () => {
      const { url, path } = await create({ 'a.yaml': manifestOf('a', '1.0.0') })
      const writers = await Promise.all(['one', 'two', 'three'].map((name) => opened(url, name, ['a'])))
      for (let round = 1; round <= 3; round++) {
        const commits = await Promise.all(writers.map((writer) => updateTo(writer, 'a', `1.${round}.0`)))
        // Made of the same in the same second, their commits are one and the same.
        assert.equal(new Set(commits.flat()).size, 1)
      }
      assert.equal((await log(path, 'main')).length, 4)
      await fsck(path)
    })

    it('give way to who pushes while a slow hook has theirs', async () => {
      const { url, path } = await create({ 'a.yaml': manifestOf('a', '1.0.0') })
      const going = join(folder, 'go')
      const wait = `while [ -e '${path}' ] && [ ! -e '${going}' ]; do sleep 0.02; done`
      await writeHook(path, 'pre-receive', `touch '${going}.waits'; ${wait}`)
      const writer = await opened(url, 'a', ['a'])
      const updating = updateTo(writer, 'a', '1.1.0')
      await eventually('the push waits', async () => (await git(folder, ['hash-object', `${going}.waits`])).length > 0)
      const human = await commitFiles(path, 'main', { new: 'x' })
      await writeFile(going, '')

      const [oid] = await updating
      assert.equal(writer.retries.length, 1)
      assert.deepEqual((await log(path, 'main')).map((commit) => commit.oid).slice(0, 2), [oid, human])
      await fsck(path)
    })

    it('leave it at one try where the server has no room, and succeed once it has', async () => {
      const { url, path } = await create({ 'a.yaml': manifestOf('a', '1.0.0') })
      await git(path, ['config', 'receive.maxInputSize', '50'])
      const writer = await opened(url, 'a', ['a'])
      const first = server.requests.length
      await assert.rejects(updateTo(writer, 'a', '1.1.0'), { code: 'REJECTED', retryable: false })
      const pushes = server.requests.slice(first).filter((request) => request.path.endsWith('git-receive-pack'))
      assert.equal(pushes.length, 1)
      assert.equal((await log(path, 'main')).length, 1)

      await git(path, ['config', '--unset', 'receive.maxInputSize'])
      assert.equal((await updateTo(writer, 'a', '1.1.0')).length, 1)
      await fsck(path)
    })
  })

describe('one policy that writes to several Git repositories', () => {
  it('goes on where one is down and one refuses, and tells each once', async () => {
    const server = await startGitServer()
    const folder = await temporaryFolder('several')
    const manifest = { 'a.yaml': manifestOf('a', '1.0.0') }
    const good = await server.create('good', manifest)
    const protectedOne = await server.create('protected', manifest, { hooks: { update: 'echo no >&2; exit 1' } })
    const down = `http://127.0.0.1:${await freePort()}/down.git`
    const urls = { good: good.url, protected: protectedOne.url, down }
    const reconcilers = new Map<string, Writer['reconciler']>()
    for (const [name, url] of Object.entries(urls)) {
      const writer = await openWriter({ url, state: join(folder, name), policies: ['a'] })
      await writer.select('a', '1.1.0')
      const { reconciler } = writer
      reconcilers.set(name, { ...reconciler, target: { ...reconciler.target, git: name } })
    }
    const records: {
      readonly level: string
      readonly message: string
      readonly git?: string
      readonly reason?: string
    }[] = []
    const logger = createLogger({
      format: 'json',
      level: 'debug',
      redact: (line) => line,
      write: (line) => records.push(JSON.parse(line)),
    })
    const events = createEvents(logger, createMetrics('1'), systemClock.now)
    const jobs = memoryJobs({ clock: systemClock, random: Math.random })
    const updating = startUpdates({
      reconcilers,
      jobs,
      events,
      clock: systemClock,
      random: Math.random,
      after: Promise.resolve(),
    })
    const told = (level: string, name: string) =>
      records.filter((record) => record.level === level && record.git === name).map(({ message }) => message)
    const failures = (name: string) =>
      records.filter((record) => record.git === name && record.message === 'Update failed').length
    try {
      for (let look = 1; look <= 2; look++) {
        for (const name of Object.keys(urls)) await jobs.updates.add({ version: 1, git: name, branch: 'main' })
        await eventually('all were tried', () => failures('protected') >= look && failures('down') >= look)
      }
      await eventually('the good one is written', async () => (await log(good.path, 'main')).length === 2)
      assert.deepEqual(told('error', 'protected'), ['Update failed'])
      assert.deepEqual(told('error', 'down'), ['Update failed'])
      assert.deepEqual(told('error', 'good'), [])
      const refusal = records.find(({ git: name, level }) => name === 'protected' && level === 'error')
      assert.match(refusal?.reason ?? '', /a hook of the server declines it: hook declined \(no; /)

      await rm(join(protectedOne.path, 'hooks/update'))
      await jobs.updates.add({ version: 1, git: 'protected', branch: 'main' })
      await eventually('the other is written, too', async () => (await log(protectedOne.path, 'main')).length === 2)
    } finally {
      await updating.stop()
      await jobs.stop()
      await server.stop()
      await removeFolder(folder)
    }
  })
})

async function updateTo({ reconciler, select }: Writer, policy: string, tag: string): Promise<readonly string[]> {
  await select(policy, tag)
  return (await reconciler.reconcile(never)).commits.map(({ oid }) => oid)
}

/** Writes one tag after the other, as a queue does: a lost race of ten tries is tried again. */
async function updates(writer: Writer, policy: string, rounds: number): Promise<readonly string[]> {
  const oids: string[] = []
  for (let round = 1; round <= rounds; ) {
    const pushed = await updateTo(writer, policy, `1.${round}.0`).catch((error) => {
      if (error.code !== 'STALE') throw error
      return []
    })
    oids.push(...pushed)
    round += pushed.length
  }
  return oids
}

interface Person {
  readonly url: string
  readonly folder: string
  readonly rounds: number
  readonly file: string
}

/** Somebody with native Git, who pulls and pushes until it works. */
async function person({ url, folder, rounds, file }: Person): Promise<readonly string[]> {
  const clone = join(folder, 'clone')
  await git(folder, ['clone', '-q', url, clone])
  const oids: string[] = []
  for (let round = 1; round <= rounds; ) {
    await git(clone, ['fetch', '-q', 'origin', 'main'])
    await git(clone, ['reset', '-q', '--hard', 'FETCH_HEAD'])
    const text = (await git(clone, ['show', `HEAD:${file}`])).toString()
    await writeFile(join(clone, file), text.replace(/\d+(\n?)$/, `${round}$1`))
    await git(clone, ['commit', '-q', '-a', '-m', `Note ${round}`])
    const done = await git(clone, ['push', '-q', 'origin', 'HEAD:main']).then(
      () => true,
      () => false,
    )
    if (!done) continue
    oids.push((await git(clone, ['rev-parse', 'HEAD'])).toString().trim())
    round++
  }
  return oids
}

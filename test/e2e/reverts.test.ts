import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { fsck, git, log, readFileAt } from '../parts/git-server.js'
import { pushImage } from '../parts/image.js'
import { type RunningTidemark, tidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

const FILE = 'apps/app.yaml'

let stage: Stage
let fleet: Fleet
let service: RunningTidemark
let clone: string

/** A person's commit of now, as native Git makes it in a clone. */
async function person(...args: readonly string[]): Promise<string> {
  const now = new Date().toISOString()
  const env = { GIT_AUTHOR_NAME: 'Jane Doe', GIT_AUTHOR_DATE: now, GIT_COMMITTER_DATE: now }
  return (await git(clone, args, { env })).toString().trim()
}

const manifest = (tag: string) => `kind: Deployment\nimage: ${stage.image('team/app')}:${tag}\n`
const stands = async (tag: string) => (await readFileAt(fleet.path, 'main', FILE)).toString() === manifest(tag)
const oids = async () => (await log(fleet.path, 'main')).map(({ oid }) => oid)
const metrics = async () => (await fetch(`${service.url}/metrics`)).text()
const push = (tag: string) => pushImage(stage.registry, 'team/app', tag, { text: tag })

/** Lets the service look at the branch some more times. */
async function looks(count: number): Promise<void> {
  const looked = async () =>
    Number(/^tidemark_updates_total\{.*outcome="unchanged".*\} (\d+)$/m.exec(await metrics())?.[1])
  const from = await looked()
  await eventually('more looks', async () => (await looked()) >= from + count)
}

before(async () => {
  stage = await setStage()
  await push('1.0.0')
  await push('1.1.0')
  const files = { [FILE]: manifest('1.0.0') }
  const url = `${stage.git.url}/reverts.git`
  const policies = { app: policy(stage.image('team/app'), '*') }
  fleet = await stage.fleet('reverts', files, policies, { git: { fleet: { url, interval: '1s' } } })
  clone = join(stage.folder, 'clone')
  await mkdir(clone)
  service = await stage.start('--config', fleet.config)
  await eventually('1.1.0 is written', () => stands('1.1.0'))
  await person('clone', '-q', fleet.path, '.')
})
after(() => stage.stop())

describe('a service whose update a person reverts', () => {
  it('leaves that as it is, and says so', async () => {
    await person('revert', '--no-edit', 'HEAD')
    await person('push', '-q')
    const commits = await oids()
    await eventually('the place is held', async () =>
      (await metrics()).includes('tidemark_policy_pending{policy="app",reason="reverted"} 1'),
    )
    await looks(2)
    assert.deepEqual(await oids(), commits)
    const told = service.records().filter(({ message }) => message.includes('was taken back by commit'))
    assert.deepEqual(
      told.map(({ level, file, line }) => [level, file, line]),
      [['warn', FILE, 2]],
    )
  })

  it('explains who took it back and what to do, whatever was forgotten', async () => {
    const oid = await person('rev-parse', '--short=7', 'HEAD')
    const reason = new RegExp(
      `${FILE}:2 .*held .*1\\.1\\.0 was taken back by commit ${oid} of Jane Doe on 20\\d\\d-\\d\\d-\\d\\d: write it back, or commit "Tidemark-Release: app 1\\.1\\.0"`,
    )
    await rm(join(dirname(fleet.config), 'state', 'git'), { recursive: true })
    const run = (...args: readonly string[]) => tidemark([...args, '--config', fleet.config])
    const [explained, plan, sync] = await Promise.all([
      run('explain', 'app'),
      run('plan', '--exit-code'),
      run('sync', '--output', 'json'),
    ])
    assert.match(explained.stdout, reason)
    assert.deepEqual([plan.code, plan.stdout.includes('diff')], [0, false], plan.stdout)
    const { commits, pending } = JSON.parse(sync.stdout)
    assert.deepEqual([commits, pending.length, pending[0].reason.includes('Jane Doe')], [[], 1, true])
  })

  it('writes it once a person says so, and a newer one at once', async () => {
    await person('commit', '-q', '--allow-empty', '-m', 'Fixed\n\nTidemark-Release: app 1.1.0')
    await person('push', '-q')
    await eventually('1.1.0 is written', () => stands('1.1.0'))
    await person('pull', '-q')
    await writeFile(join(clone, FILE), manifest('1.0.0'))
    await person('commit', '-q', '-a', '-m', 'No')
    await person('push', '-q')
    await looks(2)
    assert.equal(await stands('1.0.0'), true)
    await push('1.2.0')
    await eventually('1.2.0 is written', () => stands('1.2.0'))
    await fsck(fleet.path)
  })
})

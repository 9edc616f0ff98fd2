import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { git, log, writeHook } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { tidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

let stage: Stage
let fleet: Fleet

before(async () => {
  stage = await setStage()
  const images = ['app', 'web'].map((name) => stage.image(`team/${name}`))
  for (const name of ['app', 'web']) await pushTags(stage.registry, `team/${name}`, ['1.0.0', '1.1.0'])
  const [app = '', web = ''] = images
  const push = {
    branch: '{% if policy == "web" %}main{% else %}tidemark/{{ policy }}-{{ tag }}{% endif %}',
    options: ['ci.skip'],
  }
  const committer = { name: 'Robot', email: 'robot@example.com' }
  fleet = await stage.fleet(
    'fleet',
    { 'a.yaml': `image: ${app}:1.0.0\n`, 'b.yaml': `image: ${web}:1.0.0\n` },
    { app: policy(app, '1.x'), web: policy(web, '1.x') },
    { git: { fleet: { url: `${stage.git.url}/fleet.git`, push, committer } } },
  )
  await git(fleet.path, ['config', 'receive.advertisePushOptions', 'true'])
  await writeHook(fleet.path, 'pre-receive', 'test "$GIT_PUSH_OPTION_0" = ci.skip')
})
after(() => stage.stop())

const run = (...args: string[]) => tidemark([...args, '--config', fleet.config])

describe('a policy file that names branches to push to', () => {
  it('tells the part of each branch in a plan', async () => {
    const { stdout } = await run('plan', '--output', 'json')
    const { branches } = JSON.parse(stdout)
    const told = branches.map(({ branch, diff, changes }: (typeof branches)[number]) => [
      branch,
      diff.split('\n', 1)[0],
      changes.length,
    ])
    assert.deepEqual(told, [
      ['tidemark/app-1.1.0', '--- a/a.yaml', 1],
      ['main', '--- a/b.yaml', 1],
    ])
    assert.match((await run('plan')).stdout, /^# fleet tidemark\/app-1\.1\.0\n--- a\/a[\s\S]+# fleet main\n--- a\/b/)
  })

  it('gives each update its branch, and a direct push where that is the one that is read', async () => {
    const { code, stdout, stderr } = await run('sync', '--output', 'json')
    assert.deepEqual([code, stderr], [0, ''])
    const { commits, pending } = JSON.parse(stdout)
    const told = commits.map(({ git: name, branch, commit, changes }: (typeof commits)[number]) => [
      name,
      branch,
      commit,
      changes.length,
    ])
    const tips = async (...branches: string[]) =>
      Promise.all(branches.map(async (branch) => (await log(fleet.path, branch))[0]))
    const [own, main] = await tips('tidemark/app-1.1.0', 'main')
    assert.deepEqual(told, [
      ['fleet', 'tidemark/app-1.1.0', own?.oid, 1],
      ['fleet', 'main', main?.oid, 1],
    ])
    assert.deepEqual(own?.parents, main?.parents)
    assert.equal(pending.length, 1)
  })

  it('says of what is not merged where it is, and pushes it no more', async () => {
    const waiting = 'waiting: fleet a.yaml:1: app: 1.1.0 is on branch "tidemark/app-1.1.0", not merged yet\n'
    assert.equal((await run('sync')).stdout, `Nothing to commit\n${waiting}`)
    const planned = await run('plan', '--exit-code')
    assert.deepEqual([planned.code, planned.stdout, planned.stderr], [0, '', waiting])
    assert.match((await run('explain', 'app')).stdout, /1\.1\.0 is on branch "tidemark\/app-1\.1\.0", not merged yet/)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { git } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { tidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

let stage: Stage
let fleet: Fleet

const VALUES = `web:
    version:   '1.0.0'   # of what is mirrored\r
    image: { repository: mirror.example.com/app }
`

before(async () => {
  stage = await setStage()
  await pushTags(stage.registry, 'team/app', ['1.0.0', '1.1.0'])
  const app = (paths: readonly string[], files: readonly string[]) =>
    policy(stage.image('team/app'), '1.x', { write: [{ git: 'fleet', files, paths }] })
  fleet = await stage.fleet(
    'fleet',
    { 'apps/values.yaml': VALUES, 'apps/other.yaml': 'x: 1\n' },
    { app: app(['web.version'], ['apps/*']), astray: app(['web.version.tag'], ['apps/*']) },
  )
})
after(() => stage.stop())

const run = (...args: string[]) => tidemark([...args, '--config', fleet.config])

describe('policies that go by paths', () => {
  it('are explained by their paths', async () => {
    const { stdout, stderr } = await run('explain', 'app')
    assert.match(
      stdout,
      /fleet apps\/values\.yaml:2 web\.version {2}pending {2}1\.0\.0 → 1\.1\.0 {2}1\.1\.0 is selected/,
    )
    const reason = 'web.version is a single value, with neither keys nor items'
    assert.equal(
      stderr,
      `warning: fleet apps/values.yaml:2: Cannot follow the path "web.version.tag" of the policy "astray": ${reason}\n`,
    )
    const [explained] = JSON.parse((await run('explain', 'app', '--output', 'json')).stdout).policies
    assert.equal(explained.places[0].path, 'web.version')
  })

  it('write what stands there, and then nothing more', async () => {
    assert.match((await run('plan')).stdout, /^\+ {4}version: {3}'1\.1\.0' {3}# of what is mirrored\r$/m)
    await run('sync')
    const written = await git(fleet.path, ['show', 'main:apps/values.yaml'])
    assert.equal(written.toString(), VALUES.replace('1.0.0', '1.1.0'))
    const { stdout, stderr } = await run('plan')
    assert.equal(stdout, '')
    assert.match(stderr, /policy "astray" finds no place to write to/)
  })
})

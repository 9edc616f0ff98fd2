import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { git } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { freePort } from '../parts/process.js'
import { tidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

let stage: Stage
let image = ''
let fleet: Fleet

before(async () => {
  stage = await setStage()
  image = stage.image('team/app')
  await pushTags(stage.registry, 'team/app', ['1.0.0', '1.1.0'])
  const other = await stage.git.create('second', { 'a.yaml': `image: ${image}:1.0.0\n` })
  fleet = await stage.fleet(
    'fleet',
    { 'a.yaml': `image: ${image}:1.0.0\nother: x:1 # tidemark: nobody\n` },
    {
      app: policy(image, '1.x', { write: [{ git: 'fleet' }, { git: 'second' }] }),
      away: policy(`127.0.0.1:${await freePort()}/team/away`, '1.x'),
    },
    { git: { fleet: { url: `${stage.git.url}/fleet.git` }, second: { url: other.url } } },
  )
})
after(() => stage.stop())

const run = (...args: string[]) => tidemark([...args, '--config', fleet.config])

describe('a plan of several branches', () => {
  it('says which branch each part is of, and can be applied', async () => {
    const { stdout } = await run('plan')
    assert.match(
      stdout,
      /^# fleet main\n--- a\/a\.yaml\n[^#]*\n\+[^#]*\n.*# tidemark: nobody\n# second main\n--- a\/a\.yaml\n/,
    )
    const applied = await git(fleet.path, ['apply', '--stat'], { input: stdout })
    assert.match(applied.toString(), /2 files changed/)
  })
})

describe('what a one-shot command says beside its result', () => {
  const failed = /^failed: away: Cannot list tags of ".*\/team\/away": .*ECONNREFUSED/
  const marker = 'warning: fleet a.yaml:2: marker names the policy "nobody", which does not exist'
  const unplaced = 'warning: fleet: policy "away" finds no place to write to'

  it('names each failure and each warning once, on standard error', async () => {
    const { code, stderr } = await run('plan')
    assert.equal(code, 1)
    const [first, next, last, ...more] = stderr.trimEnd().split('\n')
    assert.deepEqual([first, next, more], [marker, unplaced, []])
    assert.match(last ?? '', failed)
  })

  it('says the warnings of files for explain too, and beside JSON', async () => {
    assert.equal((await run('explain', 'app')).stderr, `${marker}\n`)
    const { stdout, stderr } = await run('plan', '--output', 'json')
    assert.equal(stderr, `${marker}\n${unplaced}\n`)
    assert.equal(JSON.parse(stdout).failures.length, 1)
  })

  it('is errors alone where it is to be quiet', async () => {
    const { stdout, stderr } = await run('sync', '--quiet')
    assert.equal(stdout, '')
    assert.match(stderr, failed)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
  })
})

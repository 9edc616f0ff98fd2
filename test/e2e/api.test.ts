import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { readFileAt } from '../parts/git-server.js'
import { pushImage } from '../parts/image.js'
import { type RunningTidemark, tidemark } from '../parts/tidemark.js'
import { at, judgeOf } from '../web/openapi-judge.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

const ADMIN_TOKEN = 'a-made-up-token-to-operate'
const READ_TOKEN = 'a-made-up-token-to-read'
const FILE = 'apps/app.yaml'

let stage: Stage
let fleet: Fleet
let service: RunningTidemark

const push = (tag: string) => pushImage(stage.registry, 'api/app', tag)
const manifest = (tag: string) => `image: ${stage.image('api/app')}:${tag}\n`
const written = async () => (await readFileAt(fleet.path, 'main', FILE)).toString()
const stands = (tag: string) => eventually(`${tag} is written`, async () => (await written()) === manifest(tag))

async function asked(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, ...init.headers }
  const response = await fetch(`${service.url}/api/v1/${path}`, { ...init, headers })
  return { status: response.status, body: JSON.parse(await response.text()) }
}

/** Runs `hold` or `release` of the policy as a person does. */
async function ordered(operation: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await tidemark([operation, 'team/app', ...args, '--config', fleet.config])
  assert.deepEqual([code, stderr], [0, ''])
  return stdout
}

before(async () => {
  stage = await setStage()
  await push('1.0.0')
  await push('1.1.0')
  const policies = { 'team/app': policy(stage.image('api/app'), '*') }
  const server = { port: stage.port, adminToken: ADMIN_TOKEN, readToken: READ_TOKEN }
  fleet = await stage.fleet('api', { [FILE]: manifest('1.0.0') }, policies, { server })
  service = await stage.start('--config', fleet.config)
  await stands('1.1.0')
})
after(() => stage?.stop())

describe('the API of a service', () => {
  it('answers as its document says', async () => {
    const { body: document } = await asked('openapi.json')
    const judge = judgeOf(document)
    for (const path of Object.keys(at(document, 'paths'))) {
      if (at(document, 'paths', path).get === undefined) continue
      const { status, body } = await asked(path.slice(1).replace('{name}', 'team%2Fapp'))
      assert.equal(status, 200, path)
      const content = at(document, 'paths', path, 'get', 'responses', '200', 'content', 'application/json')
      assert.deepEqual(judge(at(content, 'schema'), body), [], path)
    }
    const body = await eventually('what was written is shown', async () => {
      const { body } = await asked('policies/team%2Fapp')
      return body.state === 'current' && body
    })
    assert.deepEqual([body.name, body.current, body.selected], ['team/app', ['1.1.0'], ['1.1.0']])
  })

  it('lets no one in without a token', async () => {
    assert.equal((await asked('overview', { headers: { authorization: '' } })).status, 401)
    const reading = { authorization: `Bearer ${READ_TOKEN}` }
    assert.equal((await asked('overview', { headers: reading })).status, 200)
    assert.equal((await asked('policies/team%2Fapp/poll', { method: 'POST', headers: reading })).status, 403)
  })

  it('keeps a tag from being written that a person holds, until it is released', async () => {
    assert.match(
      await ordered('hold', '1.2.0', '--reason', 'memory leak, #4711', '--until', '12h'),
      /: 1\.2\.0 is held until 2\S+Z: memory leak, #4711\n$/,
    )
    await push('1.2.0')
    await eventually('the place is held', async () => {
      const { body } = await asked('policies/team%2Fapp')
      return body.state === 'held' && body.placesFound[0].reason.includes('memory leak, #4711')
    })
    const { body } = await asked('policies/team%2Fapp')
    assert.deepEqual([body.holds.length, body.holds[0].tag], [1, '1.2.0'])
    assert.equal(await written(), manifest('1.1.0'))

    assert.equal(await ordered('release', '1.2.0'), 'team/app: 1.2.0 is released\n')
    await stands('1.2.0')
    assert.equal(await ordered('release'), 'team/app: nothing was held\n')
  })

  it('looks at once where it is told to', async () => {
    const before = (await asked('policies/team%2Fapp')).body.lastLook.at
    assert.equal((await asked('policies/team%2Fapp/poll', { method: 'POST' })).status, 202)
    await eventually('a look', async () => (await asked('policies/team%2Fapp')).body.lastLook.at > before)
  })

  it('writes a line for each order, and no token', async () => {
    const told = service.records().filter(({ by }) => by === 'api')
    assert.deepEqual(
      told.map(({ message, policy, tag }) => [message, policy, tag]),
      [
        ['Hold set', 'team/app', '1.2.0'],
        ['Hold lifted', 'team/app', '1.2.0'],
        ['Hold lifted', 'team/app', undefined],
        ['Poll ordered', 'team/app', undefined],
      ],
    )
    assert.ok(Date.parse(String(told[0]?.until)) > Date.now() + 11 * 3_600_000)
    for (const token of [ADMIN_TOKEN, READ_TOKEN]) assert.ok(!service.output().includes(token))
  })
})

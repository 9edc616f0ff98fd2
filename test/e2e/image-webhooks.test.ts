import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { log, readFileAt } from '../parts/git-server.js'
import { pushImage, pushTags } from '../parts/image.js'
import type { RunningTidemark } from '../parts/tidemark.js'
import { deliveryOf, type Image, SAMPLES, type SampleName } from '../watchers/webhooks/registry-events.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

const SECRET = 'a-made-up-secret-of-registries'
const NAMES = Object.keys(SAMPLES) as readonly SampleName[]

let stage: Stage
let fleet: Fleet
let service: RunningTidemark

// Nothing but an event makes anybody look: the registry's own has the name of no webhook here.
before(async () => {
  stage = await setStage()
  const image = stage.image('harbour/lamp')
  await pushTags(stage.registry, 'harbour/lamp', ['1.0.0'])
  const webhooks = NAMES.map((sender) => [sender, { sender, registry: stage.registry.host, secret: SECRET }])
  const more = { webhooks: Object.fromEntries(webhooks) }
  fleet = await stage.fleet('pushes', { 'a.yaml': `image: ${image}:0.9.0\n` }, { app: policy(image, '1.x') }, more)
  service = await stage.start('--config', fleet.config)
  await committed('1.0.0')
})
after(() => stage.stop())

async function committed(tag: string): Promise<void> {
  const line = `image: ${stage.image('harbour/lamp')}:${tag}\n`
  await eventually(`a commit of ${tag}`, async () => {
    return (await readFileAt(fleet.path, 'main', 'a.yaml')).toString() === line
  })
}

function tell(sender: SampleName, over: Partial<Image> = {}, secret = SECRET): Promise<Response> {
  const body = SAMPLES[sender].body({ host: stage.registry.host, path: 'harbour/lamp', tag: '1.0.0', ...over })
  const { headers, body: bytes, pathSecret } = deliveryOf(sender, body, secret)
  const address = `${service.url}/webhooks/${sender}${pathSecret === undefined ? '' : `/${pathSecret}`}`
  return fetch(address, { method: 'POST', headers: headers as Record<string, string>, body: bytes })
}

describe('a push event', () => {
  for (const [index, sender] of NAMES.entries()) {
    it(`of ${sender} has the tag written at once`, async () => {
      const tag = `1.${index + 1}.0`
      await pushImage(stage.registry, 'harbour/lamp', tag)
      const answer = await tell(sender, { tag })
      assert.deepEqual([answer.status, await answer.json()], [202, { queued: 1 }])
      await committed(tag)
    })
  }

  it('of another image, of a tag that no policy selects, or of a stranger has no effect', async () => {
    const commits = (await log(fleet.path, 'main')).length
    for (const sender of NAMES) {
      const answers = [
        await tell(sender, { path: 'harbour/bell', tag: '9.9.9' }),
        await tell(sender, { tag: 'latest' }),
        await tell(sender, {}, 'another-secret-of-registries'),
      ]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 401],
        sender,
      )
    }
    assert.equal((await log(fleet.path, 'main')).length, commits)
  })
})

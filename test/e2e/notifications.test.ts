import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { type FakeArgo, startFakeArgo } from '../parts/fakes/argocd.js'
import { type FakeFlux, startFakeFlux } from '../parts/fakes/flux.js'
import { type FakeSlack, startFakeSlack } from '../parts/fakes/slack.js'
import { commitFiles, log } from '../parts/git-server.js'
import { pushImage, pushTags } from '../parts/image.js'
import { startRedis } from '../parts/redis.js'
import { policy, type Stage, setStage } from './stage.js'

const SECRET = 'a-made-up-secret-of-argo'
const TOKEN = 'a-made-up-token-of-flux'

let stage: Stage
let slack: FakeSlack
let flux: FakeFlux
let argo: FakeArgo
before(async () => {
  stage = await setStage()
  slack = await startFakeSlack()
  flux = await startFakeFlux(TOKEN)
  const application = { repoURL: `${stage.git.url}/told.git`, targetRevision: 'main' }
  argo = await startFakeArgo(
    [
      { ...application, name: 'app', paths: ['apps/'] },
      { ...application, name: 'infra', paths: ['infra/'] },
    ],
    SECRET,
  )
})
afterEach(() => stage.endServices())
after(async () => {
  await stage.stop()
  await Promise.all([slack.stop(), flux.stop(), argo.stop()])
})

function notifications(interval = '1s'): object[] {
  return [
    { to: 'slack', url: slack.url, interval },
    { to: 'flux-receiver', url: flux.url, token: TOKEN },
    { to: 'argocd', url: argo.url, secret: SECRET },
  ]
}

async function told(text: string): Promise<string> {
  return eventually(`Slack is told "${text}"`, () =>
    slack.messages.map((message) => message.text).find((said) => said.includes(text)),
  )
}

describe('notifications', () => {
  it('tell people and reconcilers of a commit, of what is held and of what fails, once', async () => {
    const image = stage.image('told/app')
    await pushTags(stage.registry, 'told/app', ['1.0.0'])
    const files = {
      'apps/app.yaml': `image: ${image}:1.0.0\n`,
      'apps/held.yaml': `image: ${image}:1.0.0 # tidemark: hold broken\n`,
    }
    const gone = stage.image('told/gone')
    const policies = { app: policy(image, '1.x'), gone: policy(gone, '1.x', { interval: '1s' }) }
    const fleet = await stage.fleet('told', files, policies, { notifications: notifications() })
    const service = await stage.start('--config', fleet.config)
    assert.match(await told('could not be looked at'), /told\/gone/)

    await pushImage(stage.registry, 'told/app', '1.1.0')
    const text = await told('`1.0.0` → `1.1.0`')
    const [commit] = await log(fleet.path, 'main')
    assert.match(
      text,
      new RegExp(
        `\\*app\\* \`1\\.0\\.0\` → \`1\\.1\\.0\`, ${image}, apps/app\\.yaml of fleet main, \`${commit?.oid.slice(0, 8)}\``,
      ),
    )
    await eventually('Flux and Argo CD are told', () => flux.reconciled() === 1 && argo.refreshed.length === 1)
    assert.deepEqual(argo.refreshed, ['app'])
    assert.match(await told('is held'), /\*app\* is held in apps\/held\.yaml of fleet main: a comment holds it: broken/)
    await pushTags(stage.registry, 'told/gone', ['1.0.0'])
    await told('told/gone* works again')

    await stage.endServices()
    const before = slack.messages.length
    const again = await stage.start('--config', fleet.config, '--verbose')
    await commitFiles(fleet.path, 'main', { 'README.md': 'hello\n' })
    await eventually('the branch is looked at', () =>
      again.records().some(({ message }) => message === 'Branch is up to date'),
    )
    await stage.endServices()
    assert.deepEqual(slack.messages.slice(before), [])
    const printed = service.output() + again.output()
    for (const secret of [TOKEN, SECRET, new URL(slack.url).pathname]) assert.ok(!printed.includes(secret), secret)
    assert.match(printed, /"Notification sent"/)
  })

  it('are sent once although several processes run', async () => {
    const redis = await startRedis()
    try {
      const image = stage.image('shared/app')
      await pushTags(stage.registry, 'shared/app', ['1.0.0', '1.1.0'])
      const more = { notifications: notifications('0s').slice(0, 1), queue: { redis: redis.url }, server: { port: 0 } }
      const files = { 'a.yaml': `image: ${image}:1.0.0\n` }
      const fleet = await stage.fleet('shared', files, { shared: policy(image, '1.x') }, more)
      const services = [await stage.start('--config', fleet.config), await stage.start('--config', fleet.config)]
      await told('Updated shared to 1.1.0')
      await stage.endServices()
      const sent = services
        .flatMap((service) => service.records())
        .filter(({ message }) => message === 'Notification sent')
      assert.equal(sent.length, 1)
      assert.equal(slack.messages.filter(({ text }) => text.includes('Updated shared')).length, 1)
    } finally {
      await stage.endServices()
      await redis.stop()
    }
  })
})

import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { commitFiles, log } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { type RunningTidemark, tidemark, writePolicyFile } from '../parts/tidemark.js'
import { push } from '../watchers/webhooks/deliveries.js'
import { policy, type Stage, setStage } from './stage.js'

const SECRET = 'a-made-up-secret-of-hosts'

let stage: Stage
let image = ''

before(async () => {
  stage = await setStage()
  image = stage.image('review/app')
  await pushTags(stage.registry, 'review/app', ['1.0.0', '1.1.0', '2.0.0'])
})
after(() => stage.stop())

const policies = (range: string, more: object = {}) =>
  JSON.stringify({ policies: { app: policy(image, range) }, ...more }, null, 2)

async function metric(service: RunningTidemark, line: string): Promise<void> {
  await eventually(line, async () => (await (await fetch(`${service.url}/metrics`)).text()).includes(`${line}\n`))
}

/** What a policy file of this machine would take from the environment. */
const unfilled = (name: string) => `\${${name}}`

const selected = (service: RunningTidemark, tag: string) =>
  metric(service, `tidemark_policy_info{policy="app",image="${image}",selected="${tag}"} 1`)

const refusals = (service: RunningTidemark) =>
  service
    .records()
    .filter(({ message }) => message === 'Policy file refused: the one in force stays')
    .map(({ reason }) => String(reason))

/** A service whose policies are in a Git repository of their own, which is looked at often. */
async function stagePolicies(name: string, files: Record<string, string>, more: object = {}) {
  const rules = await stage.git.create(`${name}-rules`, files)
  const fleet = await stage.git.create(`${name}-fleet`, { 'a.yaml': `image: ${image}:1.0.0\n` })
  const folder = join(stage.folder, name)
  await mkdir(folder)
  const config = await writePolicyFile(folder, {
    git: { fleet: { url: fleet.url }, rules: { url: rules.url, interval: '1s' } },
    policiesFrom: { git: 'rules', path: 'policies' },
    server: { port: 0 },
    state: join(folder, 'state'),
    ...more,
  })
  return { rules, fleet, config, folder }
}

describe('policies from Git', { concurrency: true }, () => {
  it('are followed by commits, and a bad commit is refused while the last good one stays, also over a restart', async () => {
    const { rules, fleet, config } = await stagePolicies('bad', { 'policies/app.yaml': policies('1.0.x') })
    const service = await stage.start('--config', config)
    await selected(service, '1.0.0')

    await commitFiles(rules.path, 'main', { 'policies/app.yaml': policies('1.x', { git: {} }) })
    await metric(service, 'tidemark_config_valid 0')
    const [refusal = ''] = refusals(service)
    assert.match(refusal, /rules@[0-9a-f]{12}\/policies\/app\.yaml:\d+:\d+: git: only "policies" may stand in a file/)
    await selected(service, '1.0.0')
    await service.stop()

    const again = await stage.start('--config', config)
    await selected(again, '1.0.0')
    await metric(again, 'tidemark_config_valid 0')

    await commitFiles(rules.path, 'main', { 'policies/app.yaml': policies('1.x') })
    await metric(again, 'tidemark_config_valid 1')
    await selected(again, '1.1.0')
    await eventually('the update', async () => (await log(fleet.path, 'main')).length === 2)
    assert.equal(refusals(again).length, 1)
  })

  it('bring no secret of the machine, no file of it, and nothing but policies', async () => {
    const leaky = {
      policies: {
        app: policy(image, unfilled('HOME')),
        key: { ...policy(image, '1.x'), require: { signature: { cosign: '/etc/hostname' } } },
        out: { ...policy(image, '1.x'), require: { signature: { cosign: '../../key.pub' } } },
        root: {
          ...policy(image, '1.x'),
          require: {
            signature: { keyless: { issuer: 'https://a.example', identity: 'b', trustedRoot: '/etc/passwd' } },
          },
        },
      },
      registries: { 'ghcr.io': { credentials: { exec: ['/bin/true'] } } },
    }
    const { config } = await stagePolicies('leaky', { 'policies/a.yaml': JSON.stringify(leaky, null, 1) })
    const service = await stage.start('--config', config)
    const [refusal = ''] = await eventually('a refusal', () => {
      const found = refusals(service)
      return found.length > 0 && found
    })
    const expected = [
      /registries: only "policies" may stand/,
      /policies\.app\.select\.semver: "\$\{" is not filled in in policies from Git/,
      /policies\.key\.require\.signature\.cosign: the path leads out of the repository/,
      /policies\.out\.require\.signature\.cosign: the path leads out of the repository/,
      /policies\.root\.require\.signature\.keyless\.trustedRoot: a policy from Git cannot name a file of this machine/,
    ]
    for (const pattern of expected) assert.match(refusal, pattern)
  })

  it('are looked at at once when their Git host tells of a push', async () => {
    const { rules, config, folder } = await stagePolicies('told', { 'policies/app.yaml': policies('1.0.x') })
    const content = JSON.parse(await readFile(config, 'utf8'))
    content.git.rules.interval = '1h'
    content.webhooks = { rules: { sender: 'gitlab', git: 'rules', secret: SECRET } }
    const service = await stage.start('--config', await writePolicyFile(folder, content))
    await selected(service, '1.0.0')
    await commitFiles(rules.path, 'main', { 'policies/app.yaml': policies('1.x') })
    const { headers, body } = push('gitlab', { ref: 'refs/heads/main' }, { secret: SECRET })
    const answer = await fetch(`${service.url}/webhooks/rules`, { method: 'POST', headers: { ...headers }, body })
    assert.equal(answer.status, 202)
    await selected(service, '1.1.0')
  })

  it('start without them where the Git server is away, and come when it is back', async () => {
    const { config, folder } = await stagePolicies('away', {})
    const content = JSON.parse(await readFile(config, 'utf8'))
    content.git.rules.url = 'http://127.0.0.1:1/nothing.git'
    const service = await stage.start('--config', await writePolicyFile(folder, content))
    const record = await eventually('a warning', () =>
      service.records().find(({ message }) => message.startsWith('Cannot read policies from "policies" in "rules"')),
    )
    assert.equal(record.level, 'warn')
    const there = await stage.git.create('back', { 'policies/app.yaml': policies('1.x') })
    content.git.rules.url = there.url
    await writePolicyFile(folder, content)
    await selected(service, '1.1.0')
  })

  it('are planned and explained, and a bad commit is a fault then', async () => {
    const { rules, config } = await stagePolicies('once', { 'policies/app.yaml': policies('1.x') })
    const plan = await tidemark(['plan', '--config', config])
    assert.equal(plan.code, 0, plan.stderr)
    assert.match(plan.stdout, /^\+image: \S+:1\.1\.0$/m)
    const validated = await tidemark(['validate', '--config', config])
    assert.match(
      validated.stdout,
      /valid \(0 policies, 2 Git repositories, and the policies of rules:policies, which were not read\)/,
    )
    await commitFiles(rules.path, 'main', { 'policies/app.yaml': policies('one') })
    const bad = await tidemark(['explain', '--config', config])
    assert.equal(bad.code, 2)
    assert.match(bad.stderr, /rules@[0-9a-f]{12}\/policies\/app\.yaml:\d+:\d+: policies\.app\.select\.semver/)
  })

  it('are validated where they are written, by the same rules', async () => {
    const folder = join(stage.folder, 'ci')
    await mkdir(folder)
    const file = await writePolicyFile(folder, policies('1.x'))
    const good = await tidemark(['validate', '--policies', '--config', file])
    assert.deepEqual([good.code, good.stderr], [0, ''])
    await writePolicyFile(folder, policies(unfilled('RANGE'), { server: { port: 1 } }))
    const bad = await tidemark(['validate', '--policies', '--config', file])
    assert.equal(bad.code, 2)
    assert.match(bad.stderr, /server: only "policies" may stand/)
    assert.match(bad.stderr, /"\$\{" is not filled in/)
  })
})

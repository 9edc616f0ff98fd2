import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadConfiguration } from '../../src/config/load.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { type Role, type Service, startService } from '../../src/service.js'
import type { PolicyStatus } from '../../src/status/status.js'
import { createEvents } from '../../src/telemetry/events.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { redaction } from '../../src/telemetry/redaction.js'
import { startAnyRegistry } from '../parts/any-registry.js'
import type { RegistryPart } from '../parts/docker-registry.js'
import { eventually } from '../parts/eventually.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'
import { type GitServer, readFileAt, startGitServer } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import { type RunningRedis, startRedis } from '../parts/redis.js'
import { writePolicyFile } from '../parts/tidemark.js'
import { silent } from './scene.js'

const TOKEN = 'a-made-up-token'

describe('roles that share a Redis', () => {
  let folder: string
  let registry: RegistryPart
  let server: GitServer
  let redis: RunningRedis
  let repository: { readonly url: string; readonly path: string }
  const services: Service[] = []

  before(async () => {
    folder = await temporaryFolder('roles')
    registry = await startAnyRegistry()
    server = await startGitServer()
    redis = await startRedis()
    repository = await server.create('fleet', { 'app.yaml': manifest('1.0.0') })
    await pushTags(registry, 'team/app', ['1.0.0', '1.1.0'])
  })
  after(async () => {
    for (const service of services) await service.stop()
    await redis.stop()
    await server.stop()
    await registry.stop()
    await removeFolder(folder)
  })

  const manifest = (tag: string) => `kind: Pod\nimage: ${registry.host}/team/app:${tag}\n`
  const inGit = async () => (await readFileAt(repository.path, 'main', 'app.yaml')).toString()

  async function start(role: Role): Promise<Service> {
    const home = join(folder, role)
    await mkdir(home)
    const file = await writePolicyFile(home, {
      git: { fleet: { url: repository.url, interval: '1s' } },
      policies: {
        app: { image: `${registry.host}/team/app`, interval: '1s', select: { semver: '*' }, write: [{ git: 'fleet' }] },
      },
      queue: { redis: redis.url },
      server: { port: 0, adminToken: TOKEN },
      state: join(home, 'state'),
    })
    const configuration = await loadConfiguration([file], { env: {} })
    const metrics = createMetrics('1.2.3')
    const events = createEvents(silent, metrics, systemClock.now)
    const surroundings = { clock: systemClock, random: Math.random, events, version: '1.2.3' }
    const service = await startService(configuration, { ...surroundings, role, metrics, redaction: redaction([TOKEN]) })
    services.push(service)
    return service
  }

  async function ask(web: Service, path: string, body?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const wish = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${web.url}/api/v1/policies/app${path}`, { headers, ...wish })
    assert.ok(answer.ok, `${answer.status} ${await answer.clone().text()}`)
    return answer.json()
  }

  it('show what others do, and hold what others would write', async () => {
    const [web] = await Promise.all((['web', 'poll', 'write'] as const).map(start))
    assert.ok(web)
    const shown = async (reason: RegExp) => {
      const policy = (await ask(web, '')) as PolicyStatus
      return reason.test(`${policy.state}: ${policy.reason}`) ? policy : undefined
    }
    await eventually('the update is written', async () => (await inGit()) === manifest('1.1.0'))
    const written = await eventually('it is shown', () => shown(/^current: has 1\.1\.0$/))
    assert.deepEqual(
      written.tags?.map(({ tag, verdict }) => `${tag} ${verdict}`),
      ['1.1.0 selected', '1.0.0 eligible'],
    )
    assert.deepEqual(
      written.history.flatMap(({ changes }) => changes.map(({ from, to }) => `${from} ${to}`)),
      ['1.0.0 1.1.0'],
    )

    await ask(web, '/hold', { reason: 'leaks memory' })
    await pushTags(registry, 'team/app', ['1.2.0'])
    const held = await eventually('the hold is shown', () => shown(/^held: held: leaks memory$/))
    assert.equal(held.placesFound[0]?.desired, '1.2.0')
    assert.equal(await inGit(), manifest('1.1.0'))

    await ask(web, '/release', {})
    await eventually('what was held is written', async () => (await inGit()) === manifest('1.2.0'))
  })
})

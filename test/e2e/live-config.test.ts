import assert from 'node:assert/strict'
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { log } from '../parts/git-server.js'
import { pushTags } from '../parts/image.js'
import type { RunningTidemark } from '../parts/tidemark.js'
import { policy, type Stage, setStage } from './stage.js'

let stage: Stage
let image = ''

before(async () => {
  stage = await setStage()
  image = stage.image('live/app')
  await pushTags(stage.registry, 'live/app', ['1.0.0', '1.1.0', '2.0.0'])
})
after(() => stage.stop())

/** A policy file that a test changes while a service follows it. */
async function follow(name: string, more: object = {}) {
  const files = { 'a.yaml': `image: ${image}:1.0.0\n` }
  const { path, config } = await stage.fleet(
    name,
    files,
    { app: policy(image, '1.0.x') },
    {
      server: { port: 0 },
      ...more,
    },
  )
  const read = async () => JSON.parse(await readFile(config, 'utf8'))
  const write = (content: unknown) =>
    writeFile(config, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  const service = await stage.start('--config', config)
  return { path, config, read, write, service }
}

async function metric(service: RunningTidemark, line: string): Promise<void> {
  await eventually(line, async () => (await (await fetch(`${service.url}/metrics`)).text()).includes(`${line}\n`))
}

function told(service: RunningTidemark, message: string) {
  return eventually(message, () => service.records().find((record) => record.message === message))
}

const committed = (path: string, commits: number) =>
  eventually(`${commits} commits`, async () => (await log(path, 'main')).length === commits)

// Each waits for a service of its own to look at its files.
// Each has a process of its own: more at once would wait for each other.
describe('a running service', { concurrency: 2 }, () => {
  it('follows a policy that is added, changed and taken out', async () => {
    const { path, read, write, service } = await follow('added')
    const config = await read()
    await metric(service, `tidemark_policy_info{policy="app",image="${image}",selected="1.0.0"} 1`)
    await write({ ...config, policies: { app: policy(image, '1.x') } })
    await committed(path, 2)
    await metric(service, `tidemark_policy_info{policy="app",image="${image}",selected="1.1.0"} 1`)
    await write({ ...config, policies: { app: policy(image, '1.x'), other: { ...policy(image, '2.x'), write: [] } } })
    await metric(service, `tidemark_policy_info{policy="other",image="${image}",selected="2.0.0"} 1`)
    await write({ ...config, policies: { other: { ...policy(image, '2.x'), write: [] } } })
    await eventually('no metric of a policy that is gone', async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text()
      return metrics.includes('policy="other"') && !metrics.includes('policy="app"')
    })
  })

  it('keeps to the old file while a new one is broken, and tells every fault', async () => {
    const { path, read, write, service } = await follow('broken')
    const config = await read()
    await metric(service, 'tidemark_config_valid 1')
    await write({ ...config, policies: { app: { ...policy(image, 'one'), intervall: '5m' } } })
    await metric(service, 'tidemark_config_valid 0')
    const { reason } = await told(service, 'Policy file refused: the one in force stays')
    assert.match(String(reason), /2 faults/)
    assert.match(String(reason), /policies\.app\.select\.semver/)
    assert.match(String(reason), /did you mean "interval"/)
    await metric(service, `tidemark_policy_info{policy="app",image="${image}",selected="1.0.0"} 1`)
    assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
    const { warnings } = (await (await fetch(`${service.url}/api/v1/overview`)).json()) as { warnings: string[] }
    assert.equal(warnings[0], `A newer policy file is refused, the one in force stays: ${reason}`)
    await write({ ...config, policies: { app: policy(image, '1.x') } })
    await metric(service, 'tidemark_config_valid 1')
    await committed(path, 2)
  })

  it('takes another secret of a webhook, from a file that the policy file names', async () => {
    const secret = join(stage.folder, 'secret')
    await writeFile(secret, 'the-former-secret-of-ci\n')
    const more = { webhooks: { ci: { sender: 'distribution', secret: `\${file:${secret}}` } } }
    const { service } = await follow('rotated', more)
    const status = async (token: string) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answer = await fetch(`${service.url}/webhooks/ci`, { method: 'POST', headers, body: '{"events":[]}' })
      return answer.status
    }
    assert.deepEqual([await status('the-former-secret-of-ci'), await status('the-latter-secret-of-ci')], [200, 401])
    await writeFile(secret, 'the-latter-secret-of-ci\n')
    await eventually('the latter secret', async () => (await status('the-latter-secret-of-ci')) === 200)
    assert.equal(await status('the-former-secret-of-ci'), 401)
    assert.doesNotMatch(service.output(), /secret-of-ci/)
  })

  it('sees the link of a ConfigMap replaced, and is told at once by SIGHUP', async () => {
    const { read, service: other } = await follow('linked')
    await other.stop()
    const content = await read()
    const mount = join(stage.folder, 'mount')
    // As the kubelet does: names link to a folder's link, which is replaced by renaming another one over it.
    const fill = async (version: string, policies: object) => {
      await mkdir(join(mount, version), { recursive: true })
      await writeFile(join(mount, version, 'tidemark.yaml'), JSON.stringify({ ...content, policies }))
      await symlink(version, join(mount, '..tmp'))
      await rename(join(mount, '..tmp'), join(mount, '..data'))
    }
    await fill('..1', { app: policy(image, '1.0.x') })
    await symlink('..data/tidemark.yaml', join(mount, 'tidemark.yaml'))
    const service = await stage.start('--config', mount)
    await metric(service, `tidemark_policy_info{policy="app",image="${image}",selected="1.0.0"} 1`)
    await fill('..2', { app: policy(image, '1.x') })
    await rm(join(mount, '..1'), { recursive: true })
    await metric(service, `tidemark_policy_info{policy="app",image="${image}",selected="1.1.0"} 1`)
    const before = service.records().filter(({ message }) => message === 'Policy file applied').length
    service.signal('SIGHUP')
    await eventually('another reading', () => {
      const applied = service.records().filter(({ message }) => message === 'Policy file applied')
      return applied.length === before + 1
    })
  })

  it('tells what is taken at the next start only, and applies everything else', async () => {
    const { path, read, write, service } = await follow('restart')
    const config = await read()
    await write({ ...config, server: { port: 0, host: 'localhost' }, policies: { app: policy(image, '1.x') } })
    await committed(path, 2)
    const { settings } = await told(
      service,
      'Some settings of the policy file are taken at the next start only, the others are in force',
    )
    assert.deepEqual(settings, ['server.host'])
  })
})

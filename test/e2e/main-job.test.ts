import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { eventually } from '../parts/eventually.js'
import { commitFiles, fsck, log, readFileAt } from '../parts/git-server.js'
import { pushImage, pushTags } from '../parts/image.js'
import { startRedis } from '../parts/redis.js'
import { type RunningTidemark, tidemark } from '../parts/tidemark.js'
import { deployment, type Fleet, policy, type Stage, setStage } from './stage.js'

let stage: Stage
before(async () => {
  stage = await setStage()
})
// They all listen on the stage's port.
afterEach(() => stage.endServices())
after(() => stage.stop())

async function committed(fleet: Fleet, commits: number): Promise<void> {
  await eventually(`${commits} commits`, async () => (await log(fleet.path, 'main')).length === commits)
}

function looked(service: RunningTidemark, repository: string, looks: number): Promise<true> {
  const polls = () =>
    service.records().filter((record) => record.message === 'Polled' && record.repository === repository)
  return eventually(`${looks} looks at ${repository}`, () => polls().length >= looks)
}

describe('a pushed tag', () => {
  it('is committed within seconds, byte for byte, and one outside the range is not', async () => {
    const image = stage.image('main/app')
    await pushTags(stage.registry, 'main/app', ['1.0.0', 'latest'])
    const fleet = await stage.fleet(
      'main',
      { 'apps/app.yaml': deployment(`${image}:1.0.0`) },
      { app: policy(image, '1.x') },
    )
    const service = await stage.start('--config', fleet.config, '--verbose')
    await looked(service, image, 1)

    const annotations = {
      'org.opencontainers.image.created': '2026-11-20T10:00:00Z',
      'org.opencontainers.image.revision': 'f00dfeed',
    }
    await pushImage(stage.registry, 'main/app', '1.1.0', { annotations })
    const origin = ' (revision f00dfeed, created 2026-11-20T10:00:00Z)'
    await committed(fleet, 2)
    const expected = deployment(`${image}:1.0.0`).replace(`"${image}:1.0.0"`, `"${image}:1.1.0"`)
    assert.equal((await readFileAt(fleet.path, 'main', 'apps/app.yaml')).toString(), expected)
    const [commit] = await log(fleet.path, 'main')
    assert.equal(commit?.author, 'Tidemark <tidemark@localhost>')
    assert.equal(
      commit?.message.trim(),
      `Update app to 1.1.0\n\napps/app.yaml: ${image} 1.0.0 → 1.1.0${origin}\n\nTidemark-Update: app ${image} 1.0.0 -> 1.1.0`,
    )

    await pushImage(stage.registry, 'main/app', '2.0.0')
    await eventually('the event of a tag that is not looked for', () =>
      service.records().some(({ message, pushed }) => {
        return message === 'Push event ignored' && JSON.stringify(pushed) === `["${image}:2.0.0"]`
      }),
    )
    assert.equal((await log(fleet.path, 'main')).length, 2)

    const counted = [
      `tidemark_policy_info{policy="app",image="${image}",selected="1.1.0"} 1`,
      'tidemark_updates_total{git="fleet",outcome="pushed"} 1',
      'tidemark_commit_lag_seconds_count 1',
      'tidemark_webhook_events_total{webhook="registry",outcome="accepted"}',
    ]
    await eventually('the metrics', async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text()
      return counted.every((line) => metrics.includes(line))
    })

    service.signal('SIGTERM')
    assert.equal(await service.ended, 0)
    await fsck(fleet.path)
  })

  it('goes along with what people commit meanwhile', async () => {
    const image = stage.image('human/app')
    await pushTags(stage.registry, 'human/app', ['1.0.0'])
    const fleet = await stage.fleet('human', { 'a.yaml': `image: ${image}:1.0.0\n` }, { app: policy(image, '1.x') })
    const service = await stage.start('--config', fleet.config, '--verbose')
    await looked(service, image, 1)

    await commitFiles(fleet.path, 'main', { 'new.yaml': `image: ${image}:1.0.0 # added by hand\n` })
    await pushImage(stage.registry, 'human/app', '1.0.1')
    await committed(fleet, 3)
    assert.equal(
      (await readFileAt(fleet.path, 'main', 'new.yaml')).toString(),
      `image: ${image}:1.0.1 # added by hand\n`,
    )
    assert.equal((await readFileAt(fleet.path, 'main', 'a.yaml')).toString(), `image: ${image}:1.0.1\n`)
    await service.stop()
    await fsck(fleet.path)
  })

  it('needs no push event: the schedule finds it', async () => {
    const image = stage.image('poll/app')
    await pushTags(stage.registry, 'poll/app', ['1.0.0'])
    const policies = { app: policy(image, '1.x', { interval: '1s' }) }
    const fleet = await stage.fleet('poll', { 'a.yaml': `image: ${image}:1.0.0\n` }, policies, { webhooks: {} })
    const service = await stage.start('--config', fleet.config, '--verbose')
    await looked(service, image, 1)
    await pushImage(stage.registry, 'poll/app', '1.0.1')
    await committed(fleet, 2)
    await service.stop()
  })

  it('is one commit for all that a start finds out of date', async () => {
    const images = ['a', 'b', 'c'].map((name) => stage.image(`start/${name}`))
    for (const name of ['a', 'b', 'c']) await pushTags(stage.registry, `start/${name}`, ['1.0.0', '1.1.0'])
    const fleet = await stage.fleet(
      'start',
      Object.fromEntries(images.map((image, number) => [`${number}.yaml`, `image: ${image}:1.0.0\n`])),
      Object.fromEntries(images.map((image, number) => [`app-${number}`, policy(image, '1.x')])),
    )
    const service = await stage.start('--config', fleet.config)
    await committed(fleet, 2)
    await service.stop()
    const [commit] = await log(fleet.path, 'main')
    assert.match(commit?.message ?? '', /^Update 3 images\n/)
    assert.equal(commit?.message.match(/^Tidemark-Update: /gm)?.length, 3)
  })
})

describe('on Redis', () => {
  it('three processes, a part each, do the same job', async (test) => {
    const redis = await startRedis()
    test.after(() => redis.stop())
    const image = stage.image('redis/app')
    await pushTags(stage.registry, 'redis/app', ['1.0.0'])
    const fleet = await stage.fleet(
      'redis',
      { 'a.yaml': `image: ${image}:1.0.0\n` },
      { app: policy(image, '1.x') },
      { queue: { redis: redis.url } },
    )
    const start = (role: string, ...more: string[]) =>
      stage.start('--config', fleet.config, '--role', role, '--verbose', ...more)
    const web = await start('web')
    const poll = await start('poll', '--port', '0')
    const write = await start('write', '--port', '0')
    await looked(poll, image, 1)
    await pushImage(stage.registry, 'redis/app', '1.0.1')
    await committed(fleet, 2)
    assert.equal((await readFileAt(fleet.path, 'main', 'a.yaml')).toString(), `image: ${image}:1.0.1\n`)

    for (const service of [web, poll, write]) {
      service.signal('SIGTERM')
      assert.equal(await service.ended, 0)
    }
    await fsck(fleet.path)
  })

  it('webhooks answer 503 while it is away, and nothing that was accepted is lost', async (test) => {
    const redis = await startRedis({ persist: true })
    test.after(() => redis.stop())
    const image = stage.image('away/app')
    await pushTags(stage.registry, 'away/app', ['1.0.0'])
    const fleet = await stage.fleet(
      'away',
      { 'a.yaml': `image: ${image}:1.0.0\n` },
      { app: policy(image, '1.x') },
      { queue: { redis: redis.url } },
    )
    const service = await stage.start('--config', fleet.config, '--verbose')
    await looked(service, image, 1)
    await redis.kill()
    await eventually('not ready', async () => (await fetch(`${service.url}/readyz`)).status === 503)
    // The registry repeats what was answered 503 until it is accepted.
    await pushImage(stage.registry, 'away/app', '1.0.1')
    const refused = () => service.records().some(({ outcome }) => outcome === 'unavailable')
    await eventually('a refused push event', refused)

    await redis.start()
    await committed(fleet, 2)
    await service.stop()
  })
})

describe('the end of the service', () => {
  it('a second signal ends it at once', async () => {
    const image = stage.image('main/app')
    const fleet = await stage.fleet('end', { 'a.yaml': `image: ${image}:1.1.0\n` }, { app: policy(image, '1.x') })
    const service = await stage.start('--config', fleet.config)
    // A Git server that never answers is work in hand.
    stage.git.before = () => ({ status: 200, headers: {}, body: Buffer.alloc(0), hang: true })
    try {
      await eventually('a request to Git', () => stage.git.requests.some(({ path }) => path.startsWith('/end.git/')))
      service.signal('SIGTERM')
      await eventually('the record', () => service.records().some(({ message }) => message.startsWith('Stopping')))
      service.signal('SIGTERM')
      assert.equal(await service.ended, 1)
    } finally {
      stage.git.before = () => undefined
    }
  })

  it('comes within ten seconds, whatever hangs', async () => {
    const image = stage.image('main/app')
    const fleet = await stage.fleet('hang', { 'a.yaml': `image: ${image}:1.1.0\n` }, { app: policy(image, '1.x') })
    stage.git.before = () => ({ status: 200, headers: {}, body: Buffer.alloc(0), hang: true })
    try {
      const service = await stage.start('--config', fleet.config)
      await eventually('a request to Git', () => stage.git.requests.some(({ path }) => path.startsWith('/hang.git/')))
      const asked = performance.now()
      service.signal('SIGINT')
      assert.equal(await service.ended, 0)
      assert.ok(performance.now() - asked < 10_000)
    } finally {
      stage.git.before = () => undefined
    }
  })
})

describe('one-shot commands', () => {
  it('plan, sync and explain tell one story', async () => {
    const image = stage.image('once/app')
    await pushTags(stage.registry, 'once/app', ['1.0.0', '1.1.0', '2.0.0', 'latest'])
    const fleet = await stage.fleet(
      'once',
      { 'a.yaml': `image: ${image}:1.0.0\n`, 'held.yaml': `image: ${image}:1.0.0 # tidemark: hold #42\n` },
      { app: policy(image, '1.x') },
    )
    const run = (...args: string[]) => tidemark([...args, '--config', fleet.config])

    const diff = `--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-image: ${image}:1.0.0\n+image: ${image}:1.1.0\n`
    const planned = await run('plan')
    assert.deepEqual([planned.code, planned.stdout], [0, diff])
    assert.equal((await run('plan', '--exit-code')).code, 3)
    assert.equal((await log(fleet.path, 'main')).length, 1)

    const explained = JSON.parse((await run('explain', '--output', 'json', 'app')).stdout)
    const [explanation] = explained.policies
    assert.deepEqual([explanation.policy, explanation.image, explanation.selected], ['app', image, '1.1.0'])
    assert.match(explanation.digest, /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual(
      explanation.tags.map(({ tag, verdict }: { tag: string; verdict: string }) => [tag, verdict]),
      [
        ['1.1.0', 'selected'],
        ['1.0.0', 'eligible'],
        ['2.0.0', 'rejected'],
        ['latest', 'rejected'],
      ],
    )
    const place = { git: 'fleet', branch: 'main', line: 1, current: '1.0.0', desired: '1.1.0' }
    assert.deepEqual(explanation.places, [
      { ...place, file: 'a.yaml', state: 'pending', reason: '1.1.0 is selected' },
      { ...place, file: 'held.yaml', state: 'held', reason: 'a comment holds it: #42' },
    ])

    const synced = await run('sync', '--output', 'json')
    assert.equal(synced.code, 0)
    const [commit] = await log(fleet.path, 'main')
    assert.deepEqual(JSON.parse(synced.stdout), {
      commits: [
        {
          git: 'fleet',
          branch: 'main',
          commit: commit?.oid,
          changes: [{ policy: 'app', file: 'a.yaml', line: 1, from: '1.0.0', to: '1.1.0' }],
        },
      ],
      pending: [{ policy: 'app', git: 'fleet', file: 'held.yaml', line: 1, reason: 'a comment holds it: #42' }],
      failures: [],
    })
    assert.equal((await run('plan', '--exit-code')).code, 0)
    assert.deepEqual(JSON.parse((await run('sync', '--output', 'json')).stdout).commits, [])
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { eventually } from '../parts/eventually.js'
import { log, writeHook } from '../parts/git-server.js'
import { pushImage, pushTags } from '../parts/image.js'
import { promtool, type Rule, type RunningPrometheus, startPrometheus } from '../parts/prometheus.js'
import type { RunningTidemark } from '../parts/tidemark.js'
import { type Fleet, policy, type Stage, setStage } from './stage.js'

interface Panel {
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[]
}

const dashboard = JSON.parse(readFileSync('config/dashboard.json', 'utf8'))
const panels: readonly Panel[] = dashboard.panels
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))

/** Of these nothing happens here. */
const SILENT = /tidemark_(registry_ratelimit_remaining|push_retries_total|notifications_total)/

/** A service that has written one tag, whose Git server refuses the next one, and whom strangers have sent push events. */
describe('what is measured of a running service', () => {
  let stage: Stage
  let prometheus: RunningPrometheus
  let service: RunningTidemark
  let fleet: Fleet
  const metrics = async () => (await fetch(`${service.url}/metrics`)).text()
  const measured = (line: string) => eventually(line, async () => (await metrics()).split('\n').includes(line))

  before(async () => {
    stage = await setStage()
    prometheus = await startPrometheus([`127.0.0.1:${stage.port}`], resolve('config/alerts.yaml'))
    await pushTags(stage.registry, 'team/app', ['1.0.0'])
    const image = stage.image('team/app')
    fleet = await stage.fleet('fleet', { 'a.yaml': `image: ${image}:1.0.0\n` }, { app: policy(image, '1.x') })
    service = await stage.start('--config', fleet.config)
    const first = service
    await eventually('a look', async () =>
      (await (await fetch(`${first.url}/metrics`)).text()).includes('tidemark_policy_info{policy="app"'),
    )
    await pushImage(stage.registry, 'team/app', '1.1.0')
    await eventually('a commit', async () => (await log(fleet.path, 'main')).length === 2)
  })
  after(async () => {
    await prometheus.stop()
    await stage.stop()
  })

  it('is text to which promtool has no objection', async () => {
    await measured('tidemark_updates_total{git="fleet",outcome="pushed"} 1')
    const { code, output } = await promtool(['check', 'metrics'], await metrics())
    assert.deepEqual([code, output], [0, ''])
  })

  it('counts push events that are refused, and makes no label of what strangers ask for', async () => {
    const send = (path: string) => fetch(`${service.url}/webhooks/${path}`, { method: 'POST', body: '{}' })
    assert.equal((await send('registry')).status, 401)
    const strange = ['"}', '%0a', '..%2f', 'a'.repeat(250), ...Array.from({ length: 50 }, (_, n) => `name-${n}`)]
    for (const name of strange) await send(name)
    await measured('tidemark_webhook_events_total{webhook="registry",outcome="unauthorized"} 1')
    const lines = (await metrics()).split('\n').filter((line) => line.startsWith('tidemark_webhook_events_total{'))
    const webhooks = new Set(lines.map((line) => /webhook="([^"]*)"/.exec(line)?.[1]))
    assert.deepEqual([...webhooks].sort(), ['', 'registry'])
    const { code, output } = await promtool(['check', 'metrics'], await metrics())
    assert.deepEqual([code, output], [0, ''])
  })

  it('counts what cannot be pushed as waiting, until it can', async () => {
    await writeHook(fleet.path, 'pre-receive', 'echo "main is protected" >&2; exit 1')
    await pushImage(stage.registry, 'team/app', '1.2.0')
    await measured('tidemark_policy_pending{policy="app",reason="update"} 1')
    const { query } = prometheus
    await eventually('Prometheus knows', async () => (await query('tidemark_policy_pending')).length === 1)
    await eventually(
      'and that it failed',
      async () => (await query('tidemark_updates_total{outcome="failed"}')).length === 1,
    )
  })

  it('is what the dashboard asks Prometheus for', async () => {
    for (const { title, expr } of queries) {
      const asked = expr.replaceAll('$__rate_interval', '1m')
      if (SILENT.test(expr)) assert.deepEqual(await prometheus.query(asked), [], title)
      else await eventually(`${title}: ${expr}`, async () => (await prometheus.query(asked)).length > 0)
    }
  })

  it('is what the alerting rules ask for, none of which fires', async () => {
    const waits = ({ name, state }: Rule) => name === 'TidemarkUpdatePending' && state === 'pending'
    const rules = await eventually('every rule is evaluated', async () => {
      const found = await prometheus.rules()
      return found.every(({ health }) => health === 'ok') && found.some(waits) && found
    })
    assert.deepEqual(
      rules.filter(({ state }) => state === 'firing'),
      [],
    )
  })
})

describe('the dashboard', () => {
  it('asks for every metric there is, and for no other', async () => {
    const served = await createMetrics('1').registry.getMetricsAsJSON()
    const own = served.map(({ name }) => name).filter((name) => name.startsWith('tidemark_'))
    const asked = queries.flatMap(({ expr }) => [...expr.matchAll(/tidemark_[a-z_]+/g)].map(([name]) => name))
    const plain = asked.map((name) => name.replace(/_bucket$/, ''))
    assert.deepEqual([...new Set(plain)].sort(), own.sort())
  })

  it('needs the data source that one chooses, and nothing else', () => {
    const [variable] = dashboard.templating.list
    assert.deepEqual([variable.type, variable.query, variable.name], ['datasource', 'prometheus', 'datasource'])
    for (const { type, title, datasource, description } of panels) {
      assert.ok(['row', 'stat', 'table', 'timeseries'].includes(type), type)
      if (type === 'row') continue
      assert.equal(datasource?.uid, '$' + '{datasource}', title)
      assert.ok(description?.endsWith('.'), title)
    }
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title)
    assert.deepEqual(rows, ['At a glance', 'Registries', 'Git', 'Queues', 'Webhooks and notifications'])
  })

  it('has panels that do not overlap, within 24 columns', () => {
    for (const [number, { gridPos: a, title }] of panels.entries()) {
      assert.ok(a.x + a.w <= 24, title)
      for (const { gridPos: b } of panels.slice(number + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
        assert.ok(apart, title)
      }
    }
  })
})

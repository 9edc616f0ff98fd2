import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { parse } from 'yaml'
import { createMetrics } from '../../src/telemetry/metrics.js'
import { promtool } from '../parts/prometheus.js'

const RULES = 'config/alerts.yaml'
const TESTS = 'test/telemetry/alerts.yaml'

interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string }
}

const alerts: readonly AlertRule[] = parse(readFileSync(RULES, 'utf8')).groups.flatMap(
  ({ rules }: { rules: AlertRule[] }) => rules,
)
const docs = readFileSync('docs/operations.md', 'utf8')

it('the alerting rules are valid', async () => {
  const { code, output } = await promtool(['check', 'rules', '--lint-fatal', RULES])
  assert.equal(code, 0, output)
})

it('each alert fires when it should, and none where all is well', async () => {
  const { code, output } = await promtool(['test', 'rules', TESTS])
  assert.equal(code, 0, output)
  const tested = readFileSync(TESTS, 'utf8')
  for (const { alert } of alerts) assert.match(tested, new RegExp(`alertname="${alert}"`))
})

it('the alerts are made of metrics that are served', async () => {
  const served = new Set((await createMetrics('1').registry.getMetricsAsJSON()).map(({ name }) => name))
  for (const { alert, expr } of alerts) {
    for (const [name] of expr.matchAll(/tidemark_[a-z_]+/g)) assert.ok(served.has(name), `${alert}: ${name}`)
  }
})

it('each alert says what to do, and leads to docs that name it', () => {
  const headings = [...docs.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replaceAll(' ', '-'))
  for (const { alert, annotations } of alerts) {
    const [page, heading = ''] = annotations.runbook.split('#')
    assert.equal(page, 'docs/operations.md')
    assert.ok(headings.includes(heading), `${alert}: ${heading}`)
    assert.match(annotations.description, /\b(Look|Run|Compare|Give|Raise)\b/, alert)
  }
  const [, table = ''] = docs.split('| alert | means | what to do |')
  const named = [...table.slice(0, table.indexOf('\n\n')).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(
    named,
    alerts.map(({ alert }) => alert),
  )
})

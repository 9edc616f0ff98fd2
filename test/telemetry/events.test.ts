import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createEvents, type Poll } from '../../src/telemetry/events.js'
import { createMetrics } from '../../src/telemetry/metrics.js'

function setup() {
  const lines: string[] = []
  const write = (level: string) => (message: string, fields?: object) =>
    lines.push(`${level} ${message} ${Object(fields).reason ?? ''}`.trim())
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const events = createEvents(log, createMetrics('1'), () => 0)
  const told = (poll: Pick<Poll, 'outcome' | 'reason' | 'resting'>) => {
    lines.length = 0
    events.polled({ registry: 'ghcr.io', repository: 'ghcr.io/a/a', policies: [], durationMs: 1, ...poll })
    return lines.filter((line) => !line.startsWith('debug'))
  }
  return { told }
}

it('tells each trouble of a repository once, and its end', () => {
  const { told } = setup()
  assert.deepEqual(told({ outcome: 'unchanged' }), [])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 500' }), ['warn Poll failed answered 500'])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 500' }), [])
  assert.deepEqual(told({ outcome: 'skipped' }), [])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 401' }), ['warn Poll failed answered 401'])
  assert.deepEqual(told({ outcome: 'unchanged' }), ['info Poll works again'])
  assert.deepEqual(told({ outcome: 'suspect', reason: 'lacks "1"' }), [
    'warn List of tags is not believed, selections stay lacks "1"',
  ])
  assert.deepEqual(told({ outcome: 'suspect', reason: 'lacks "1"' }), [])
})

it('tells of a host that is left alone at none of its repositories', () => {
  const { told } = setup()
  assert.deepEqual(told({ outcome: 'failed', reason: 'left alone', resting: true }), [])
  assert.deepEqual(told({ outcome: 'unchanged' }), [])
})

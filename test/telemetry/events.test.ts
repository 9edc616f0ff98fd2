import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createEvents, type Poll } from '../../src/telemetry/events.js'
import { createMetrics } from '../../src/telemetry/metrics.js'

function setup() {
  const lines: string[] = []
  const write = (level: string) => (message: string, fields?: object) =>
    lines.push(`${level} ${message} ${Object(fields).reason ?? ''}`.trim())
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const clock = { now: 0 }
  const metrics = createMetrics('1')
  const events = createEvents(log, metrics, () => clock.now)
  const told = (poll: Pick<Poll, 'outcome' | 'reason' | 'resting'>) => {
    lines.length = 0
    events.polled({ registry: 'ghcr.io', repository: 'ghcr.io/a/a', policies: [], durationMs: 1, ...poll })
    return lines.filter((line) => !line.startsWith('debug'))
  }
  return { told, events, lines, clock, metrics }
}

it('tells each trouble of a repository once, and its end', () => {
  const { told } = setup()
  assert.deepEqual(told({ outcome: 'unchanged' }), [])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 500' }), ['warn Poll failed answered 500'])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 500' }), [])
  assert.deepEqual(told({ outcome: 'skipped' }), [])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 401' }), ['warn Poll failed answered 401'])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 500' }), [])
  assert.deepEqual(told({ outcome: 'unchanged' }), ['info Poll works again'])
  assert.deepEqual(told({ outcome: 'failed', reason: 'answered 500' }), ['warn Poll failed answered 500'])
  assert.deepEqual(told({ outcome: 'unchanged' }), ['info Poll works again'])
  assert.deepEqual(told({ outcome: 'suspect', reason: 'lacks "1"' }), [
    'warn List of tags is not believed, selections stay lacks "1"',
  ])
  assert.deepEqual(told({ outcome: 'suspect', reason: 'lacks "1"' }), [])
})

it('tells few of the reasons of one outage', () => {
  const { told } = setup()
  const lines = Array.from({ length: 50 }, (_, look) => told({ outcome: 'failed', reason: `at ${look}` })).flat()
  assert.equal(lines.length, 10)
})

it('tells of a host that is left alone at none of its repositories', () => {
  const { told } = setup()
  assert.deepEqual(told({ outcome: 'failed', reason: 'left alone', resting: true }), [])
  assert.deepEqual(told({ outcome: 'unchanged' }), [])
})

it('tells why a branch cannot be updated once, and its end', () => {
  const { events, lines } = setup()
  const where = { git: 'fleet', branch: 'main' }
  events.updateFailed({ ...where, reason: 'answered 503' })
  events.updateFailed({ ...where, reason: 'answered 503' })
  events.updateFailed({ ...where, git: 'other', reason: 'answered 503' })
  events.updateFailed({ ...where, reason: 'answered 401' })
  events.upToDate(where)
  events.upToDate(where)
  events.updateFailed({ ...where, reason: 'answered 401' })
  assert.deepEqual(lines, [
    'error Update failed answered 503',
    'debug Update failed answered 503',
    'error Update failed answered 503',
    'error Update failed answered 401',
    'info Update works again',
    'debug Branch is up to date',
    'error Update failed answered 401',
  ])
})

it('tells the same trouble of a queue once a minute', () => {
  const { events, lines, clock } = setup()
  const away = { queue: 'polls', reason: 'timed out' }
  for (clock.now of [0, 59_999, 60_000]) events.queueTroubled(away)
  events.queueTroubled({ ...away, queue: 'updates' })
  const told = lines.map((line) => line.split(' ')[0])
  assert.deepEqual(told, ['warn', 'debug', 'warn', 'warn'])
})

it('tells of a Git repository that has to be read the slower way', () => {
  const { events, lines } = setup()
  events.gitEngineChosen({ git: 'fleet', engine: 'wire', reason: 'server sends every file' })
  events.gitEngineChosen({ git: 'old', engine: 'isomorphic', reason: 'server has no protocol version 2' })
  assert.deepEqual(lines, [
    'debug Git engine chosen server sends every file',
    'info Git engine chosen server has no protocol version 2',
  ])
})

it('tells where a Git repository has moved to', () => {
  const { events, lines } = setup()
  events.gitMoved({ git: 'fleet', url: 'https://git.example.com/acme/flotilla.git' })
  assert.deepEqual(lines, ['info Git repository has moved: it is asked where its server redirects to'])
})

it('tells that the history of a branch does not go back far enough', () => {
  const { events, lines } = setup()
  events.historyShortened({ git: 'fleet', branch: 'main', reason: 'only the newest 100 commits' })
  assert.deepEqual(lines, ['info History does not go back far enough to know all reverts only the newest 100 commits'])
})

it('tells why a newer policy file is refused once, and that one is in force again', async () => {
  const { events, lines, metrics } = setup()
  const valid = async () => (await metrics.configValid.get()).values[0]?.value
  events.started({ role: 'all', policies: 1 })
  assert.equal(await valid(), 1)
  for (const reason of ['unknown key "polices"', 'unknown key "polices"', 'no such file']) {
    events.configRefused({ reason })
    assert.equal(await valid(), 0)
  }
  events.configApplied({ policies: ['app'] })
  assert.equal(await valid(), 1)
  assert.deepEqual(lines.slice(1), [
    'error Policy file refused: the one in force stays unknown key "polices"',
    'debug Policy file refused: the one in force stays unknown key "polices"',
    'error Policy file refused: the one in force stays no such file',
    'info Policy file applied',
  ])
})

it('forgets when policies were looked at that are no more', async () => {
  const { events, metrics } = setup()
  const poll = { registry: 'ghcr.io', repository: 'ghcr.io/a/a', outcome: 'unchanged', durationMs: 1 } as const
  events.polled({ ...poll, policies: ['app', 'old'] })
  events.configApplied({ policies: ['app', 'new'] })
  const { values } = await metrics.policyLastSuccess.get()
  assert.deepEqual(
    values.map(({ labels }) => labels),
    [{ policy: 'app' }],
  )
})

it('shows why each place is not written once, and not of very many', () => {
  const { events, lines } = setup()
  const place = { policy: 'app', file: 'a.yaml', line: 1, current: '1.0.0', desired: '1.1.0', obstacle: 'window' }
  const left = (line: number) => ({ ...place, line, reason: `opens on Monday ${line}` })
  events.placesJudged('fleet', [left(1)])
  events.placesJudged('fleet', [left(1), left(2)])
  assert.deepEqual(lines.splice(0), [
    'debug Place is not written opens on Monday 1',
    'debug Place is not written opens on Monday 2',
  ])
  events.placesJudged(
    'fleet',
    Array.from({ length: 5_000 }, (_, line) => left(line + 10)),
  )
  assert.equal(lines.length, 100)
})

it('tells that the queue is back, and of its next trouble at once', () => {
  const { events, lines } = setup()
  events.queueTroubled({ queue: 'redis', reason: 'away' })
  events.queueRecovered('redis')
  events.queueTroubled({ queue: 'redis', reason: 'away' })
  assert.deepEqual(lines, ['warn Queue warns away', 'info Queue works again', 'warn Queue warns away'])
})

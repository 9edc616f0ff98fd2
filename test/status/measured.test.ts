import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measuredBy } from '../../src/status/measured.js'
import { createMetrics, scrape } from '../../src/telemetry/metrics.js'
import { watchesOf } from '../../src/watchers/watch.js'
import { judged as updates } from '../updaters/judging.js'
import { FLEET, placeOf, processOf, watched } from './scene.js'

const [due] = updates('image: ghcr.io/org/app:1.0.0\n').places
const waitingFor = (obstacle: 'window' | 'hold', policy = 'app') =>
  placeOf(policy, { state: obstacle === 'hold' ? 'held' : 'pending', obstacle, reason: 'waits' })

/** Two policies, and the lines of what is measured of them. */
function setup(names: readonly string[] = ['app', 'web']) {
  const policies = names.map((name) => watched(name))
  const process = processOf(policies)
  const metrics = createMetrics('1')
  const state = { names, away: false }
  const configured = () => ({
    watches: watchesOf(policies.filter(({ name }) => state.names.includes(name))),
    branches: [FLEET],
    warnings: [],
  })
  const measured = measuredBy(process.jobs, configured)
  const awayOr = <T>(ask: () => Promise<T>) => (state.away ? Promise.reject(new Error('Redis is away')) : ask())
  const lines = async (name: string) => {
    const { text } = await scrape(metrics, {
      queues: Object.fromEntries(Object.entries(measured.queues).map(([queue, ask]) => [queue, () => awayOr(ask)])),
      selections: () => awayOr(measured.selections),
      waiting: () => awayOr(measured.waiting),
    })
    return text.split('\n').filter((line) => line.startsWith(name))
  }
  const plan = (places: Parameters<typeof process.looked>[0]) => ({
    snapshot: { branch: 'main', commit: '1'.repeat(40), tree: '2'.repeat(40) },
    ...{ places, unplaced: [], warnings: [], files: [], changes: [] },
  })
  return { ...process, state, lines, plan }
}

describe('what is measured of all processes', () => {
  it('is how many places wait, by policy and obstacle', async () => {
    const { looked, written, lines } = setup()
    looked([waitingFor('window'), waitingFor('window'), waitingFor('hold'), waitingFor('hold', 'web'), placeOf('web')])
    await written()
    assert.deepEqual(await lines('tidemark_policy_pending'), [
      'tidemark_policy_pending{policy="app",reason="window"} 2',
      'tidemark_policy_pending{policy="app",reason="hold"} 1',
      'tidemark_policy_pending{policy="web",reason="hold"} 1',
    ])
    looked([placeOf('app')])
    await written()
    assert.deepEqual(await lines('tidemark_policy_pending'), [])
  })

  it('counts what is due and cannot be pushed, until it is', async () => {
    const { looked, recorder, events, written, lines, plan, jobs } = setup()
    const place = placeOf('app', { state: 'pending', obstacle: 'update', ...(due?.edit && { edit: due.edit }) })
    assert.ok(place.edit)
    recorder.undelivered(FLEET, plan([place, waitingFor('hold')]))
    events.updateFailed({ ...FLEET, reason: 'refused' })
    await written()
    const waiting = ['{policy="app",reason="update"} 1', '{policy="app",reason="hold"} 1']
    assert.deepEqual(
      await lines('tidemark_policy_pending'),
      waiting.map((labels) => `tidemark_policy_pending${labels}`),
    )
    // A failure before anything could be planned leaves it as it is.
    events.updateFailed({ ...FLEET, reason: 'away' })
    await written()
    assert.equal((await lines('tidemark_policy_pending')).length, 2)
    assert.equal((await jobs.shown.branches.get('fleet main'))?.failure?.reason, 'away')
    looked([place, waitingFor('hold')])
    await written()
    assert.deepEqual(await lines('tidemark_policy_pending'), ['tidemark_policy_pending{policy="app",reason="hold"} 1'])
  })

  it('is nothing of policies that are no more', async () => {
    const { looked, select, state, written, lines } = setup()
    await select('web', '1.0.0')
    looked([waitingFor('hold', 'web')])
    await written()
    assert.equal((await lines('tidemark_policy_')).length, 2)
    state.names = ['app']
    assert.deepEqual(await lines('tidemark_policy_'), [])
  })

  it('stays as it was known last while the queue is away, and says so', async () => {
    const { select, state, lines } = setup()
    await select('app', '1.0.0')
    const info = ['tidemark_policy_info{policy="app",image="ghcr.io/org/app",selected="1.0.0"} 1']
    assert.deepEqual(await lines('tidemark_policy_info'), info)
    assert.deepEqual(await lines('tidemark_queue_reachable'), ['tidemark_queue_reachable 1'])
    state.away = true
    assert.deepEqual(await lines('tidemark_policy_info'), info)
    assert.deepEqual(await lines('tidemark_queue_reachable'), ['tidemark_queue_reachable 0'])
    assert.equal((await lines('tidemark_jobs')).length, 12)
  })

  it('tells few of the tags of one policy apart, and no selection that another rule made', async () => {
    const { select, lines } = setup()
    const byCurrent = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`${n}`, { tag: `${n}.1`, firstSeenAt: 0 }]))
    await select('app', undefined, { byCurrent })
    await select('web', '1.0.0', { rule: 'another' })
    assert.deepEqual(await lines('tidemark_policy_info'), [
      'tidemark_policy_info{policy="app",image="ghcr.io/org/app",selected="1.1,2.1,3.1,4.1,5.1"} 1',
    ])
  })

  it('grows with the policies alone: a thousand of them give a few thousand series', async () => {
    const names = Array.from({ length: 1_000 }, (_, number) => `app-${number}`)
    const { select, polled, looked, written, lines } = setup(names)
    for (const name of names) {
      await select(name, '1.0.0')
      polled(name)
    }
    looked(names.map((name) => waitingFor('window', name)))
    await written()
    assert.equal((await lines('tidemark_policy_')).length, 2_000)
    assert.ok((await lines('tidemark_')).length < 2_100)
  })
})

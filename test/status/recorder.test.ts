import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryJobs } from '../../src/jobs/memory.js'
import type { Shown } from '../../src/jobs/shown.js'
import { manualClock } from '../parts/manual-clock.js'
import { commitOf, placeOf, processOf, watched } from './scene.js'

const APP = 'ghcr.io/org/app'
const BRANCH = 'fleet main'

/** A process that notes what it does, and how often it writes of each kind. */
function setup() {
  const clock = manualClock()
  const own = memoryJobs({ clock, random: () => 0.5 })
  const writes = { looks: 0, hosts: 0, branches: 0, places: 0, changes: 0 }
  const state = { away: false }
  const counting = <Name extends 'looks' | 'hosts' | 'branches' | 'places'>(name: Name): Shown[Name] => {
    const records = own.shown[name]
    const count = async <T>(write: () => Promise<T>) => {
      if (state.away) throw new Error('Cannot write: Redis is away')
      writes[name] += 1
      return write()
    }
    return {
      ...records,
      set: (key: string, value: never) => count(() => records.set(key, value)),
      setAll: (values: never) => count(() => records.setAll(values)),
    } as Shown[Name]
  }
  const { changes } = own.shown
  const tell = async () => {
    writes.changes += 1
    await changes.tell()
  }
  const shown: Shown = {
    looks: counting('looks'),
    hosts: counting('hosts'),
    branches: counting('branches'),
    places: counting('places'),
    changes: { ...changes, tell },
  }
  const jobs = { ...own, shown }
  return { ...processOf([watched('app')], { clock, jobs }), jobs, shown, writes, state }
}

describe('what a process does', () => {
  it('is written together, about once a second', async () => {
    const { clock, polled, shown, writes } = setup()
    for (let times = 0; times < 100; times++) polled(`app-${times}`)
    assert.equal(await shown.looks.get('ghcr.io/org/app-99'), undefined)
    await clock.advance(1_000)
    assert.deepEqual(await shown.looks.get('ghcr.io/org/app-99'), {
      version: 1,
      at: clock.now() - 1_000,
      outcome: 'changed',
    })
    assert.equal(writes.looks, 1)
    await clock.advance(60_000)
    assert.deepEqual(writes, { looks: 1, hosts: 0, branches: 0, places: 0, changes: 1 })
  })

  it('is seldom told where nothing is new', async () => {
    const { clock, polled, writes } = setup()
    for (let seconds = 0; seconds < 60; seconds++) {
      polled('app', { outcome: 'unchanged' })
      await clock.advance(1_000)
    }
    assert.ok(writes.looks >= 59, String(writes.looks))
    assert.ok(writes.changes <= 6, String(writes.changes))
  })

  it('is told at once where a failure ends', async () => {
    const { clock, polled, writes } = setup()
    polled('app', { outcome: 'failed', reason: 'away' })
    await clock.advance(1_000)
    polled('app', { outcome: 'unchanged' })
    await clock.advance(1_000)
    assert.equal(writes.changes, 2)
  })

  it('is no look where the host was left alone', async () => {
    const { clock, polled, shown } = setup()
    polled('app', { outcome: 'unchanged' })
    await clock.advance(1_000)
    polled('app', { outcome: 'failed', reason: 'left alone', resting: true })
    polled('app', { outcome: 'skipped' })
    await clock.advance(1_000)
    assert.equal((await shown.looks.get(APP))?.outcome, 'unchanged')
    assert.equal(await shown.hosts.get('ghcr.io'), undefined)
  })

  it('tells of a host what is wrong with it, without secrets, until it works again', async () => {
    const { clock, events, polled, shown } = setup()
    const start = clock.now()
    polled('app', { outcome: 'failed', reason: 'refuses\ns3cret' })
    events.registryAllowed({ registry: 'ghcr.io', remaining: 7, reserve: 5 })
    await clock.advance(1_000)
    const lastError = { at: start, reason: 'refuses\\u{a}***' }
    assert.deepEqual(await shown.hosts.get('ghcr.io'), { version: 1, lastError, remaining: 7 })
    events.registryRested({ registry: 'ghcr.io', reason: 'too many', until: start + 60_000 })
    await clock.advance(1_000)
    assert.deepEqual((await shown.hosts.get('ghcr.io'))?.rest, { until: start + 60_000, reason: 'too many' })
    events.registryRecovered('ghcr.io')
    await clock.advance(1_000)
    const report = await shown.hosts.get('ghcr.io')
    assert.deepEqual([report?.rest, report?.lastError?.reason, report?.remaining], [undefined, 'too many', 7])
  })

  it('is of a branch when it was looked at last, and what fails since', async () => {
    const { clock, events, looked, shown } = setup()
    const start = clock.now()
    looked([placeOf('app')])
    events.pushRetried({ git: 'fleet', attempt: 1, reason: 'faster' })
    await clock.advance(1_000)
    events.updateFailed({ git: 'fleet', branch: 'main', reason: 'with s3cret' })
    await clock.advance(1_000)
    const failure = { at: start + 1_000, reason: 'with ***' }
    assert.deepEqual(await shown.branches.get(BRANCH), { version: 1, lookedAt: start, failure, retries: 1 })
    looked([placeOf('app')])
    await clock.advance(1_000)
    assert.deepEqual(await shown.branches.get(BRANCH), { version: 1, lookedAt: start + 2_000, retries: 1 })
  })

  it('writes the places of a branch only where they have changed', async () => {
    const { clock, looked, shown, writes } = setup()
    for (let minutes = 0; minutes < 4; minutes++) {
      looked([placeOf('app')])
      await clock.advance(60_000)
    }
    assert.deepEqual([writes.branches, writes.places], [4, 1])
    looked([placeOf('app', { state: 'held', reason: 'held: x' })])
    await clock.advance(1_000)
    assert.equal(writes.places, 2)
    assert.equal((await shown.places.get(BRANCH))?.policies[0]?.state, 'held')
  })

  it('writes places once more after minutes, which Redis may have lost', async () => {
    const { clock, looked, writes } = setup()
    for (let minutes = 0; minutes < 11; minutes++) {
      looked([placeOf('app')])
      await clock.advance(60_000)
    }
    assert.equal(writes.places, 2)
  })

  it('writes places and pushes at most every few seconds, the latest and all of them', async () => {
    const { clock, looked, shown, writes } = setup()
    for (let number = 0; number < 20; number++) {
      looked([placeOf('app', { current: `1.0.${number}` })], [commitOf(`c${number}`, 'app')])
      await clock.advance(500)
    }
    await clock.advance(10_000)
    assert.ok(writes.places <= 7, String(writes.places))
    const { places = [], pushes = [] } = (await shown.places.get(BRANCH)) ?? {}
    assert.equal(places[0]?.current, '1.0.19')
    assert.deepEqual(
      pushes.map(({ oid }) => oid),
      Array.from({ length: 20 }, (_, number) => `c${19 - number}`),
    )
  })

  it('loses nothing while it cannot be written', async () => {
    const { clock, looked, polled, shown, state, troubles } = setup()
    state.away = true
    polled('app')
    looked([placeOf('app')], [commitOf('c1', 'app')])
    await clock.advance(1_000)
    assert.deepEqual(troubles, ['Cannot write: Redis is away'])
    state.away = false
    looked([placeOf('app')], [commitOf('c2', 'app')])
    await clock.advance(1_000)
    assert.equal((await shown.looks.get(APP))?.outcome, 'changed')
    const oids = (await shown.places.get(BRANCH))?.pushes.map(({ oid }) => oid)
    assert.deepEqual(oids, ['c2', 'c1'])
  })

  it('is all written when it stops', async () => {
    const { clock, looked, recorder, shown } = setup()
    looked([placeOf('app')], [commitOf('c1', 'app')])
    await clock.advance(1_000)
    looked([placeOf('app')], [commitOf('c2', 'app')])
    await recorder.stop()
    assert.equal((await shown.places.get(BRANCH))?.pushes.length, 2)
  })

  it('stands beside what other processes have pushed to the same branch', async () => {
    const clock = manualClock()
    const jobs = memoryJobs({ clock, random: () => 0.5 })
    const [one, other] = [processOf([watched('app')], { clock, jobs }), processOf([watched('app')], { clock, jobs })]
    one.looked([placeOf('app')], [commitOf('c1', 'app')])
    await clock.advance(1_000)
    other.looked([placeOf('app')], [commitOf('c2', 'app')])
    await clock.advance(1_000)
    const { pushes = [] } = (await jobs.shown.places.get(BRANCH)) ?? {}
    assert.deepEqual(
      pushes.map(({ oid }) => oid),
      ['c2', 'c1'],
    )
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryJobs } from '../../src/jobs/memory.js'
import { RegistryError } from '../../src/watchers/registry/errors.js'
import { watchesOf } from '../../src/watchers/watch.js'
import { manualClock } from '../parts/manual-clock.js'
import { commitOf, placeOf, processOf, watched } from './scene.js'

const never = new AbortController().signal
const HELD = { state: 'held', reason: 'held: leaks memory', obstacle: 'hold' } as const

describe('the overview', () => {
  it('knows what was configured before anything happened', async () => {
    const { board, clock } = processOf([watched('web'), watched('app', { targets: [] })], {
      configured: { warnings: ['odd'] },
    })
    const { policies, ...rest } = await board.overview()
    assert.deepEqual(rest, {
      version: '1.2.3',
      now: clock.now(),
      counts: { failing: 0, held: 0, pending: 0, current: 0, watched: 0, unknown: 2 },
      registries: [{ host: 'ghcr.io', repositories: 2, failing: 0 }],
      branches: [{ git: 'fleet', branch: 'main', retries: 0 }],
      queues: ['polls', 'updates', 'notices'].map((name) => ({ name, waiting: 0, active: 0, delayed: 0, failed: 0 })),
      warnings: ['odd'],
    })
    assert.deepEqual(policies[0], {
      name: 'app',
      image: 'ghcr.io/org/app',
      state: 'unknown',
      reason: 'the repository has not been looked at yet',
      current: [],
      selected: [],
      places: 0,
    })
  })

  it('tells what stands, what is selected, and the last look and commit of a policy', async () => {
    const { board, clock, select, looked, written } = processOf([watched('app')])
    const start = clock.now()
    await select('app', '1.1.0')
    looked([placeOf('app', { current: '1.1.0', reason: 'has 1.1.0' })], [commitOf('c1', 'app', 'web')])
    await written()
    const { policies, branches, counts } = await board.overview()
    const url = 'https://github.com/acme/fleet/commit/c1'
    const commit = { git: 'fleet', branch: 'main', oid: 'c1', url, at: start, subject: 'Update app,web' }
    const changed = { file: 'app.yaml', line: 3, from: '1.0.0', to: '1.1.0' }
    const changes = [{ policy: 'app', ...changed }]
    assert.deepEqual(policies, [
      {
        name: 'app',
        image: 'ghcr.io/org/app',
        state: 'current',
        reason: 'has 1.1.0',
        current: ['1.1.0'],
        selected: ['1.1.0'],
        places: 1,
        lastLook: { at: start, outcome: 'changed' },
        lastCommit: { ...commit, changes },
      },
    ])
    const all = [...changes, { policy: 'web', ...changed, file: 'web.yaml' }]
    const lastPush = { ...commit, changes: all }
    assert.deepEqual(branches, [{ git: 'fleet', branch: 'main', lastLookAt: start, lastPush, retries: 0 }])
    assert.equal(counts.current, 1)
  })

  type Process = ReturnType<typeof processOf>
  const states: readonly (readonly [string, (process: Process) => void, string, string])[] = [
    ['the look failed', ({ polled }) => polled('app', { outcome: 'failed', reason: 'away' }), 'failing', 'away'],
    [
      'the branch fails',
      ({ events }) => events.updateFailed({ git: 'fleet', branch: 'main', reason: 'refused' }),
      'failing',
      'refused',
    ],
    ['a place is held', ({ looked }) => looked([placeOf('app'), placeOf('app', HELD)]), 'held', HELD.reason],
    ['it has no place', ({ looked }) => looked([], [], ['app']), 'held', 'finds no place to write to'],
    [
      'the list is not believed',
      ({ polled }) => polled('app', { outcome: 'suspect', reason: 'too short' }),
      'pending',
      'too short',
    ],
    ['all is well', () => {}, 'current', 'has 1.0.0'],
  ]
  for (const [what, happen, state, reason] of states) {
    it(`says ${state} where ${what}`, async () => {
      const process = processOf([watched('app')])
      await process.select('app', '1.0.0')
      process.looked([placeOf('app')])
      await process.written()
      happen(process)
      await process.clock.advance(5_000)
      const [policy] = (await process.board.overview()).policies
      assert.deepEqual([policy?.state, policy?.reason], [state, reason])
    })
  }

  it('says held where no tag qualifies, and unknown where the branch was not looked at', async () => {
    const { board, select } = processOf([watched('app'), watched('web')])
    await select('app', undefined)
    await select('web', '1.0.0')
    const { policies } = await board.overview()
    assert.deepEqual(
      policies.map(({ state, reason }) => `${state}: ${reason}`),
      ['held: no tag qualifies', 'unknown: the branch has not been looked at yet'],
    )
  })

  it('says watched where a policy writes nowhere, and what waits there', async () => {
    const { board, select } = processOf([watched('app', { targets: [] }), watched('web', { targets: [] })])
    await select('app', '1.0.0')
    await select('web', '1.0.0', { block: { gate: 'minimum-age', reason: 'too young' } })
    const { policies } = await board.overview()
    assert.deepEqual(
      policies.map(({ state, reason }) => `${state}: ${reason}`),
      [
        'watched: writes nowhere, and selects 1.0.0',
        'watched: writes nowhere, and selects 1.0.0, which waits: too young',
      ],
    )
  })

  it('goes by no selection of another rule', async () => {
    const { board, select } = processOf([watched('app', { rule: 'another' })])
    await select('app', '1.0.0')
    const [policy] = (await board.overview()).policies
    assert.deepEqual([policy?.state, policy?.selected], ['unknown', []])
  })

  it('names the branch where a policy writes to several', async () => {
    const targets = ['fleet', 'other'].map((git) => ({ git, branch: 'main' }))
    const { board, select, looked, written } = processOf([watched('app', { targets })])
    await select('app', '1.0.0')
    looked([placeOf('app', HELD)])
    await written()
    const [policy] = (await board.overview()).policies
    assert.equal(policy?.reason, `fleet main: ${HELD.reason}`)
  })

  it('counts what fails at a registry, and tells how long it is left alone', async () => {
    const { board, clock, events, polled, written } = processOf([watched('app'), watched('web')])
    const start = clock.now()
    polled('app', { outcome: 'failed', reason: 'away' })
    events.registryRested({ registry: 'ghcr.io', reason: 'away', until: start + 60_000 })
    await written()
    const [registry] = (await board.overview()).registries
    const lastError = { at: start, reason: 'away' }
    assert.deepEqual(registry, { host: 'ghcr.io', repositories: 2, failing: 1, lastError, restUntil: start + 60_000 })
    await clock.advance(60_000)
    assert.equal((await board.overview()).registries[0]?.restUntil, undefined)
  })

  it('is one for all who ask within a second', async () => {
    const { board, clock, select } = processOf([watched('app')])
    const first = await board.overview()
    await select('app', '1.0.0')
    assert.equal(await board.overview(), first)
    await clock.advance(1_000)
    assert.notEqual((await board.overview()).policies[0]?.selected.length, 0)
  })

  it('shows what other processes do, and what was before a restart', async () => {
    const clock = manualClock()
    const jobs = memoryJobs({ clock, random: () => 0.5 })
    const [writer, web] = [processOf([watched('app')], { clock, jobs }), processOf([watched('app')], { clock, jobs })]
    let calls = 0
    const end = web.board.onChange(() => calls++)
    await clock.advance(1_000)
    await writer.select('app', '1.0.0')
    writer.looked([placeOf('app')], [commitOf('c1', 'app')])
    await clock.advance(5_000)
    end()
    assert.ok(calls >= 1)
    assert.equal((await web.board.overview()).policies[0]?.lastCommit?.oid, 'c1')
  })

  it('goes by what is configured now', async () => {
    const configured = { watches: watchesOf([watched('app')]) }
    const { board, clock } = processOf([], { configured })
    const names = async () => (await board.overview()).policies.map(({ name }) => name)
    assert.deepEqual(await names(), ['app'])
    configured.watches = watchesOf([watched('web')])
    await clock.advance(1_000)
    assert.deepEqual(await names(), ['web'])
    assert.equal(await board.policy('app', never), undefined)
  })
})

describe('the status of a policy', () => {
  it('has its tags with verdicts, its places, its history and its holds', async () => {
    const tags = { 'ghcr.io/org/app': ['1.0.0', '1.1.0', 'latest'] }
    const { board, holds, select, looked, written, clock } = processOf([watched('app'), watched('web')], { tags })
    await select('app', '1.1.0')
    looked([placeOf('app', HELD), placeOf('web')], [commitOf('c1', 'app', 'web'), commitOf('c2', 'web')])
    await holds.set('app', { reason: 'leaks memory', at: clock.now() })
    await written()
    const status = await board.policy('app', never)
    assert.deepEqual(
      status?.tags?.map(({ tag, verdict }) => `${tag} ${verdict}`),
      ['1.1.0 selected', '1.0.0 eligible', 'latest rejected'],
    )
    assert.equal(status?.tagsLeftOut, 0)
    assert.deepEqual(status?.placesFound, [
      {
        git: 'fleet',
        branch: 'main',
        file: 'app.yaml',
        line: 3,
        current: '1.0.0',
        desired: '1.0.0',
        state: 'held',
        reason: HELD.reason,
      },
    ])
    assert.deepEqual(
      status?.history.map(({ oid, changes }) => `${oid} ${changes.map(({ policy }) => policy)}`),
      ['c1 app'],
    )
    assert.deepEqual(
      status?.holds.map(({ reason }) => reason),
      ['leaks memory'],
    )
  })

  it('is unknown of a policy that is not configured, and asks nobody', async () => {
    const { board, registry } = processOf([watched('app')])
    assert.equal(await board.policy('constructor', never), undefined)
    assert.deepEqual(registry.asked, [])
  })

  it('says why its tags are not known, and the rest all the same', async () => {
    const { board, registry, select } = processOf([watched('app')])
    registry.repositories.set('ghcr.io/org/app', new RegistryError('UNREACHABLE', 'Cannot list: s3cret'))
    await select('app', '1.0.0')
    const status = await board.policy('app', never)
    assert.deepEqual([status?.tags, status?.tagsError], [undefined, 'Cannot list: ***'])
    assert.deepEqual(status?.selected, ['1.0.0'])
  })

  it('has a thousand tags, and how many more there are', async () => {
    const many = Array.from({ length: 1_500 }, (_, patch) => `1.0.${patch}`)
    const { board, select } = processOf([watched('app')], { tags: { 'ghcr.io/org/app': many } })
    await select('app', '1.0.1499')
    const status = await board.policy('app', never)
    assert.deepEqual([status?.tags?.length, status?.tagsLeftOut, status?.tags?.[0]?.tag], [1_000, 500, '1.0.1499'])
  })
})

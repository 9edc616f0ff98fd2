import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryJobs } from '../../src/jobs/memory.js'
import { GitError } from '../../src/updaters/git/errors.js'
import type { JudgedPlace, Obstacle } from '../../src/updaters/judgement.js'
import type { BranchPlan } from '../../src/updaters/plan.js'
import type { Reconciler, Reconciliation } from '../../src/updaters/reconcile.js'
import { startUpdates } from '../../src/updaters/updates.js'
import { manualClock } from '../parts/manual-clock.js'

const MINUTE = 60_000

function planOf(more: Partial<BranchPlan> = {}): BranchPlan {
  const snapshot = { branch: 'main', commit: '1'.repeat(40), tree: '2'.repeat(40) }
  return { snapshot, places: [], warnings: [], unplaced: [], files: [], changes: [], ...more }
}

type Result = Pick<Reconciliation, 'plan'> & Partial<Reconciliation>

/** Updates of one branch whose reconciliation a test decides. */
function setup(reconcile: () => Promise<Result>, after = Promise.resolve()) {
  const clock = manualClock()
  const jobs = memoryJobs({ clock, random: () => 0.5 })
  const told: string[] = []
  const runs: number[] = []
  const start = clock.now()
  const target = {
    git: 'fleet',
    branch: 'main',
    author: { name: 'Tidemark', email: 'tidemark@localhost' },
    policies: [],
    otherPolicies: new Set<string>(),
  }
  const reconciler: Reconciler = {
    target,
    intervalMs: MINUTE,
    plan: async () => ({ ...planOf(), deliveries: [] }),
    async reconcile() {
      runs.push(clock.now() - start)
      return { commits: [], ...(await reconcile()) }
    },
  }
  const updates = startUpdates({
    reconcilers: new Map([['fleet', reconciler]]),
    jobs,
    events: {
      committed: ({ branch, subject, lagMs }) => told.push(`committed ${branch} ${subject} ${lagMs.join()}`),
      upToDate: () => told.push('up to date'),
      updateFailed: ({ reason }) => told.push(`failed ${reason}`),
      placesJudged: (_, pending) =>
        told.push(...pending.map(({ policy, obstacle }) => `pending ${policy} ${obstacle}`)),
      warned: ({ file, line, message }) => told.push(`warned ${file ?? ''}:${line ?? ''} ${message}`),
      queueTroubled: ({ reason }) => told.push(`trouble ${reason}`),
    },
    clock,
    random: () => 0.5,
    after,
  })
  const order = () => jobs.updates.add({ version: 1, git: 'fleet', branch: 'main' })
  return { clock, updates, told, runs, order, reconciler }
}

describe('updates', () => {
  it('look at the branch once per interval', async () => {
    const { clock, updates, runs } = setup(async () => ({ plan: planOf() }))
    await clock.advance(60 * MINUTE)
    await updates.stop()
    assert.ok(runs.length >= 54 && runs.length <= 68, String(runs.length))
  })

  it('tell of each commit, and how long it took from the first sight', async () => {
    let seen = 0
    const { clock, updates, told } = setup(async () => ({
      plan: planOf(),
      commits: [
        { oid: 'a', branch: 'tidemark/app', subject: 'Update app to 1.1.0', changes: [], firstSeenAt: [seen] },
        { oid: 'b', branch: 'main', subject: 'Update web to 2.0.0', changes: [], firstSeenAt: [] },
      ],
    }))
    seen = clock.now() - 2_000
    await clock.advance(400)
    await updates.stop()
    assert.match(
      told.join('\n'),
      /^committed tidemark\/app Update app to 1\.1\.0 2\d\d\d\ncommitted main Update web to 2\.0\.0 $/,
    )
  })

  it('tell of a warning when it appears, and again when it comes back', async () => {
    const odd = { file: 'a.yaml', line: 1, message: 'odd' }
    const seen = [[odd, odd], [odd], [], [odd]]
    const { clock, updates, told, order } = setup(async () => ({ plan: { ...planOf(), warnings: seen.shift() ?? [] } }))
    const counts: number[] = []
    while (seen.length > 0) {
      await order()
      await clock.advance(1_000)
      counts.push(told.filter((text) => text.startsWith('warned a.yaml:1 odd')).length)
    }
    await updates.stop()
    assert.deepEqual([...new Set(counts)], [1, 2])
  })

  it('write nothing before the first pass is over', async () => {
    let over = () => {}
    const after = new Promise<void>((resolve) => {
      over = resolve
    })
    const { clock, updates, runs, order } = setup(async () => ({ plan: planOf() }), after)
    await order()
    await clock.advance(4_000)
    assert.deepEqual(runs, [])
    over()
    await clock.advance(1)
    assert.equal(runs.length, 1)
    await updates.stop()
  })

  it('do not wait for a first pass that does not end', async () => {
    const { clock, updates, runs, order } = setup(async () => ({ plan: planOf() }), new Promise(() => {}))
    await order()
    await clock.advance(5_001)
    assert.equal(runs.length, 1)
    await updates.stop()
  })

  it('look less often at a branch that fails, and write at once all the same when a tag is selected', async () => {
    const refused = new GitError('UNAUTHORIZED', 'Cannot fetch "main": refused')
    const { clock, updates, runs, told, order } = setup(async () => {
      throw refused
    })
    await clock.advance(120 * MINUTE)
    const looks = runs.length
    assert.ok(looks >= 8 && looks <= 25, `${looks} looks in two hours`)
    assert.equal(told[0], 'failed Cannot fetch "main": refused')
    await order()
    await clock.advance(1)
    assert.equal(runs.length, looks + 1)
    await updates.stop()
  })

  it('try again within seconds what may pass', async () => {
    let failures = 2
    const { clock, updates, told } = setup(async () => {
      if (failures-- > 0) throw new GitError('UNREACHABLE', 'Cannot fetch', { retryable: true })
      return { plan: planOf() }
    })
    await clock.advance(5_000)
    await updates.stop()
    assert.deepEqual(told, ['failed Cannot fetch', 'failed Cannot fetch', 'up to date'])
  })

  it('look again within an interval after a short outage, however often it was tried meanwhile', async () => {
    let away = true
    const { clock, updates, told, order } = setup(async () => {
      if (away) throw new GitError('UNREACHABLE', 'Cannot fetch', { retryable: true })
      return { plan: planOf() }
    })
    await order()
    await clock.advance(10_000)
    assert.equal(told.filter((entry) => entry === 'failed Cannot fetch').length, 4)
    away = false
    await clock.advance(1.2 * MINUTE)
    await updates.stop()
    assert.equal(told.at(-1), 'up to date')
  })

  it('tell a warning once, and what is pending each time', async () => {
    const held: JudgedPlace = {
      policy: 'app',
      image: 'app',
      file: 'a.yaml',
      line: 1,
      current: '2.0.0',
      desired: '1.0.0',
      state: 'held',
      reason: 'would be a downgrade',
      obstacle: 'downgrade',
    }
    const plan = planOf({ places: [held], warnings: [{ file: 'a.yaml', line: 3, message: 'odd' }], unplaced: ['web'] })
    const { clock, updates, told } = setup(async () => ({ plan }))
    await clock.advance(2.5 * MINUTE)
    await updates.stop()
    const count = (text: string) => told.filter((entry) => entry === text).length
    assert.equal(count('warned a.yaml:3 odd'), 1)
    assert.equal(count('warned : Policy "web" finds no place to write to'), 1)
    assert.equal(count('warned a.yaml:1 Policy "app" does not write: would be a downgrade'), 1)
    assert.ok(count('pending app downgrade') >= 2)
  })

  it('tell once why a policy does not write, at however many places, and again when the reason is back', async () => {
    const at = (line: number, obstacle: Obstacle): JudgedPlace => ({
      policy: 'app',
      image: 'app',
      file: 'a.yaml',
      line,
      current: '1',
      desired: undefined,
      state: 'failing',
      reason: `an obstacle: ${obstacle}`,
      obstacle,
    })
    const plans = [
      [at(1, 'conflict'), at(2, 'conflict'), at(3, 'hold'), at(4, 'not-polled'), at(5, 'no-tag')],
      [{ ...at(1, 'unmerged'), state: 'pending' as const }],
      [at(1, 'conflict')],
    ]
    const { clock, updates, told } = setup(async () => ({ plan: planOf({ places: plans.shift() ?? [] }) }))
    await clock.advance(3.5 * MINUTE)
    await updates.stop()
    const warned = told.filter((entry) => entry.startsWith('warned'))
    assert.deepEqual(warned, Array(2).fill('warned a.yaml:1 Policy "app" does not write: an obstacle: conflict'))
  })

  it('follow other reconcilers, and look at once where one is new', async () => {
    const { clock, updates, told, runs, reconciler } = setup(async () => ({ plan: planOf() }))
    await clock.advance(30_000)
    const before = runs.length
    await updates.follow(new Map([['fleet', reconciler]]))
    await clock.advance(1_000)
    assert.equal(runs.length, before)
    await updates.follow(new Map([['fleet', { ...reconciler }]]))
    await clock.advance(1_000)
    assert.equal(runs.length, before + 1)
    told.length = 0
    await updates.follow(new Map())
    await clock.advance(10 * MINUTE)
    assert.deepEqual([runs.length, told], [before + 1, []])
    await updates.stop()
  })
})

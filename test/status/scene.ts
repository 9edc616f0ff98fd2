import { parseRepository, repositoryKey } from '../../src/image/repository.js'
import type { Jobs } from '../../src/jobs/jobs.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { createGates } from '../../src/policies/gates.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { type Configured, createBoard } from '../../src/status/board.js'
import { keptHolds } from '../../src/status/kept-holds.js'
import { startRecorder } from '../../src/status/recorder.js'
import { createEvents, type Poll } from '../../src/telemetry/events.js'
import type { Logger } from '../../src/telemetry/logger.js'
import { createMetrics } from '../../src/telemetry/metrics.js'
import type { JudgedPlace } from '../../src/updaters/judgement.js'
import type { PushedCommit } from '../../src/updaters/reconcile.js'
import { type WatchedPolicy, watchesOf } from '../../src/watchers/watch.js'
import { type ManualClock, manualClock } from '../parts/manual-clock.js'
import { scriptedRegistry } from '../watchers/scripted-registry.js'

export const FLEET = { git: 'fleet', branch: 'main', url: 'https://bot@github.com/acme/fleet.git' }

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A policy called after its image `ghcr.io/org/<name>`. */
export function watched(name: string, more: Partial<WatchedPolicy> = {}): WatchedPolicy {
  const image = `ghcr.io/org/${name}`
  return {
    name,
    image,
    repository: parseRepository(image),
    schedule: { type: 'interval', intervalMs: 300_000 },
    rule: 'rule',
    policy: semverPolicy('*'),
    gates: createGates({}),
    fallback: false,
    follows: false,
    ageFrom: 'firstSeen',
    after: [],
    targets: [FLEET],
    ...more,
  }
}

export interface SceneOptions {
  readonly clock?: ManualClock
  readonly jobs?: Jobs
  readonly tags?: Readonly<Record<string, readonly string[]>>
  /** Asked for each time. */
  readonly configured?: Partial<Configured>
}

/** One process of a service that watches some policies, as far as people are shown it. */
export function processOf(policies: readonly WatchedPolicy[], options: SceneOptions = {}) {
  const { clock = manualClock(), jobs = memoryJobs({ clock, random: () => 0.5 }), tags = {} } = options
  const clean = (text: string) => text.replaceAll('s3cret', '***')
  const troubles: string[] = []
  const recorder = startRecorder({ jobs, clock, clean, onTrouble: ({ reason }) => troubles.push(reason) })
  const events = recorder.listening(createEvents(silent, createMetrics('1.2.3'), clock.now))
  const holds = keptHolds({ jobs, clock, onChange: async () => recorder.changed() })
  const registry = scriptedRegistry(tags)
  const own: Configured = { watches: watchesOf(policies), branches: [FLEET], warnings: [] }
  const board = createBoard({
    version: '1.2.3',
    clock,
    jobs,
    holds,
    registry,
    recorder,
    configured: () => ({ ...own, ...options.configured }),
    clean,
  })
  return {
    clock,
    jobs,
    recorder,
    events,
    holds,
    registry,
    board,
    troubles,
    /** As a poll does. */
    async select(name: string, tag: string | undefined, more: object = {}) {
      const { repository, rule } = watched(name)
      const choice = tag === undefined ? { reason: 'no tag qualifies' } : { tag }
      const selection = { version: 1, repository: repositoryKey(repository), rule, firstSeenAt: 0 } as const
      await jobs.selections.set(name, { ...selection, ...choice, ...more })
      polled(name)
    },
    polled,
    looked: (places: readonly JudgedPlace[], commits: readonly PushedCommit[] = [], unplaced: readonly string[] = []) =>
      recorder.looked(FLEET, { plan: planOf(places, unplaced), commits }),
    /** What was noted is written. */
    written: () => clock.advance(1_000),
  }

  function polled(name: string, more: Partial<Poll> = {}) {
    const { repository } = watched(name)
    events.polled({
      registry: repository.registry,
      repository: repositoryKey(repository),
      policies: [name],
      outcome: 'changed',
      durationMs: 1,
      ...more,
    })
  }
}

export function placeOf(policy: string, more: Partial<JudgedPlace> = {}): JudgedPlace {
  return {
    policy,
    image: `ghcr.io/org/${policy}`,
    file: `${policy}.yaml`,
    line: 3,
    current: '1.0.0',
    desired: '1.0.0',
    state: 'current',
    reason: 'has 1.0.0',
    ...more,
  }
}

export function commitOf(oid: string, ...policies: readonly string[]): PushedCommit {
  const changes = policies.map((policy) => {
    const { image, file, line } = placeOf(policy)
    return { policy, image, file, line, from: '1.0.0', to: '1.1.0' }
  })
  return { oid, branch: 'main', subject: `Update ${policies.join()}`, changes, firstSeenAt: [] }
}

function planOf(places: readonly JudgedPlace[], unplaced: readonly string[]) {
  const snapshot = { branch: 'main', commit: '1'.repeat(40), tree: '2'.repeat(40) }
  return { snapshot, places, unplaced, warnings: [], files: [], changes: [] }
}

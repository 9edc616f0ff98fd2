import assert from 'node:assert/strict'
import { parseRepository } from '../../src/image/repository.js'
import type { Jobs } from '../../src/jobs/jobs.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import type { Choice, Selection, UpdateJob } from '../../src/jobs/payloads.js'
import { createGates, type Demands } from '../../src/policies/gates.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { createPoller, type PollerOptions } from '../../src/watchers/poll.js'
import { type WatchedPolicy, watchesOf } from '../../src/watchers/watch.js'
import { manualClock } from '../parts/manual-clock.js'
import { scriptedRegistry } from './scripted-registry.js'

export const APP = 'ghcr.io/org/app'
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** A policy that selects the highest version, with gates. */
export function watched(name: string, demands: Demands = {}, more: Partial<WatchedPolicy> = {}): WatchedPolicy {
  return {
    name,
    image: APP,
    repository: parseRepository(APP),
    schedule: { type: 'interval', intervalMs: 5 * MINUTE },
    rule: JSON.stringify(demands),
    policy: semverPolicy('*'),
    gates: createGates(demands),
    fallback: false,
    follows: false,
    ageFrom: 'firstSeen',
    after: [],
    targets: [{ git: 'fleet', branch: 'main' }],
    ...more,
  }
}

/** One repository that is looked at, on a clock that a test moves; what lasts is in `kept`, as after a restart. */
export function watching(
  tags: readonly string[],
  policies: readonly WatchedPolicy[],
  { clock = manualClock(), registry = scriptedRegistry({ [APP]: tags }), kept = {} }: Surroundings = {},
) {
  const own = memoryJobs({ clock, random: () => 0.5 })
  const jobs = { ...own, ...kept }
  const updates: UpdateJob[] = []
  jobs.updates.work(async (job) => {
    updates.push(job)
  }, 1)
  const told: string[] = []
  const events: PollerOptions['events'] = {
    polled: () => {},
    judged: () => {},
    selected: ({ policy, tag, waits, reason }) => told.push([policy, tag, waits ?? reason].filter(Boolean).join(' ')),
  }
  const poller = createPoller({ registry, jobs, events, clock, random: () => 0.5 })
  const [watch] = watchesOf(policies).values()
  assert.ok(watch)
  return {
    clock,
    registry,
    jobs,
    updates,
    told,
    /** Looks once, and returns what that asked the registry. */
    async look(): Promise<readonly string[]> {
      registry.asked.length = 0
      updates.length = 0
      const outcome = await poller.poll(watch, 'request', new AbortController().signal)
      await clock.advance(0)
      if (outcome.outcome === 'failed') registry.asked.push(`failed: ${outcome.reason}`)
      return registry.asked.map((asked) => asked.replace(`${APP}:`, '').replace(APP, '').trim())
    },
    async selected(name = 'app'): Promise<Selection | undefined> {
      return jobs.selections.get(name)
    },
  }
}

export interface Surroundings {
  readonly clock?: ReturnType<typeof manualClock>
  readonly registry?: ReturnType<typeof scriptedRegistry>
  readonly kept?: Kept
}

export type Kept = Partial<Pick<Jobs, 'sightings' | 'standings' | 'selections' | 'watched'>>

/** `1.2.0` where it passes, `1.2.0 waits (minimum-age)` where it does not, with the tags that were passed over. */
export function told(choice: Choice | undefined): string | undefined {
  if (choice === undefined) return undefined
  const { tag = 'none', block, others = [] } = choice
  const passedOver = others.map((other) => `${other.tag} (${other.block.gate})`)
  const over = passedOver.length === 0 ? '' : ` beside ${passedOver.join(', ')}`
  return `${tag}${block === undefined ? '' : ` waits (${block.gate})`}${over}`
}

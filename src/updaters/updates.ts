import { isRetryable, reasonOf } from '../error.js'
import type { Jobs } from '../jobs/jobs.js'
import type { UpdateJob } from '../jobs/payloads.js'
import { backoffMs } from '../lifecycle/backoff.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { startWheel } from '../lifecycle/wheel.js'
import type { Events } from '../telemetry/events.js'
import { isWaiting } from './judge.js'
import type { BranchPlan } from './plan.js'
import type { Reconciler } from './reconcile.js'

export interface UpdatesOptions {
  /** By the name of the Git repository. */
  readonly reconcilers: ReadonlyMap<string, Reconciler>
  readonly jobs: Pick<Jobs, 'updates'>
  readonly events: Pick<Events, 'committed' | 'upToDate' | 'updateFailed' | 'placesJudged' | 'warned' | 'queueTroubled'>
  readonly clock: Clock
  readonly random: () => number
  /** Nothing is written before: so that what a start finds out of date becomes one commit and not many. */
  readonly after: Promise<void>
}

const CONCURRENCY = 4
/** However slow a registry is, the others' updates are not held up longer. */
const LONGEST_WAIT_MS = 30_000
const LONGEST_BACKOFF_MS = 600_000
/** Another process that looks at the same branch must not double it. A little shorter than the shortest jittered interval. */
const SHARED_SCHEDULE = 0.8

/** Works off update jobs, and looks at every branch once per interval for other people's commits. */
export function startUpdates({ reconcilers, jobs, events, clock, random, after }: UpdatesOptions): Component {
  const failures = new Map<string, { readonly count: number; readonly notBefore: number }>()
  const told = new Set<string>()

  const work = async ({ git }: UpdateJob, signal: AbortSignal): Promise<void> => {
    const reconciler = reconcilers.get(git)
    const failed = failures.get(git)
    // An order from a process with another policy file names what is not written here.
    if (reconciler === undefined) return
    const { target } = reconciler
    const where = { git: target.git, branch: target.branch }
    try {
      const { plan, commit } = await reconciler.reconcile(signal)
      failures.delete(git)
      report(plan, target.git)
      if (commit === undefined) return events.upToDate(where)
      const lagMs = commit.firstSeenAt.map((firstSeenAt) => clock.now() - firstSeenAt)
      events.committed({ ...where, commit: commit.oid, subject: commit.subject, changes: plan.changes.length, lagMs })
    } catch (error) {
      const count = (failed?.count ?? 0) + 1
      const backoff = { baseMs: reconciler.intervalMs, maxMs: Math.max(reconciler.intervalMs, LONGEST_BACKOFF_MS) }
      failures.set(git, { count, notBefore: clock.now() + backoffMs(count, backoff, random) })
      events.updateFailed({ ...where, reason: reasonOf(error) })
      // The queue tries again soon what may pass soon; what does not waits for the next look.
      if (isRetryable(error)) throw error
    }
  }

  /** A warning is told when it appears, not at every look. */
  const report = (plan: BranchPlan, git: string): void => {
    const pending = plan.places.filter((place) => isWaiting(place) || place.state === 'failing')
    events.placesJudged(
      git,
      pending.map(({ policy, obstacle }) => ({ policy, reason: obstacle ?? 'update' })),
    )
    const unplaced = plan.unplaced.map((policy) => ({ message: `Policy "${policy}" finds no place to write to` }))
    for (const warning of [...plan.warnings, ...unplaced]) {
      const key = JSON.stringify([git, warning])
      if (!told.has(key)) events.warned({ git, ...warning })
      told.add(key)
    }
  }

  let cancelWait = () => {}
  const waited = new Promise<void>((resolve) => {
    cancelWait = clock.after(LONGEST_WAIT_MS, resolve)
  })
  Promise.race([after, waited]).then(() => {
    cancelWait()
    if (!stopped) jobs.updates.work((job, { signal }) => work(job, signal), CONCURRENCY)
  })

  let stopped = false
  const wheel = startWheel(
    [...reconcilers.values()].map(({ target, intervalMs }) => ({
      intervalMs,
      run: () => {
        const { git, branch } = target
        if (clock.now() < (failures.get(git)?.notBefore ?? 0)) return
        jobs.updates
          .add({ version: 1, git, branch, trigger: 'look' }, { atMostOncePerMs: intervalMs * SHARED_SCHEDULE })
          .catch((error: unknown) => events.queueTroubled({ queue: 'updates', reason: reasonOf(error) }))
      },
    })),
    clock,
    random,
  )

  return {
    async stop() {
      stopped = true
      cancelWait()
      await wheel.stop()
      await jobs.updates.stop()
    },
  }
}

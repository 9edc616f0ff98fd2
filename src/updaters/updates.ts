import { isRetryable, reasonOf } from '../error.js'
import type { Jobs } from '../jobs/jobs.js'
import type { UpdateJob } from '../jobs/payloads.js'
import type { AddOptions, JobHandler } from '../jobs/queue.js'
import { backoffMs } from '../lifecycle/backoff.js'
import { type Clock, sleep } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { type Current, current } from '../lifecycle/current.js'
import { isPausing } from '../lifecycle/pause.js'
import { startWheel, WITHIN_PERIOD } from '../lifecycle/wheel.js'
import { GATES } from '../policies/gate.js'
import type { Events } from '../telemetry/events.js'
import { isWaiting, type JudgedPlace, type Obstacle, type PlaceWarning } from './judgement.js'
import type { BranchPlan } from './plan.js'
import type { Reconciler, Reconciliation } from './reconcile.js'
import type { UpdateTarget } from './target.js'

/** By the name of the Git repository. */
export type Reconcilers = ReadonlyMap<string, Reconciler>

export interface UpdatesOptions {
  readonly reconcilers: Reconcilers
  readonly jobs: Pick<Jobs, 'updates'>
  readonly events: Pick<Events, 'committed' | 'upToDate' | 'updateFailed' | 'placesJudged' | 'warned' | 'queueTroubled'>
  readonly clock: Clock
  readonly random: () => number
  /** Is told what came of each look that did not fail. */
  readonly onLook?: (target: UpdateTarget, came: Reconciliation) => void
  /** Nothing is written before: so that what a start finds out of date becomes one commit and not many. */
  readonly after: Promise<void>
}

const CONCURRENCY = 4
/** However slow a registry is, the others' updates are not held up longer. */
const LONGEST_WAIT_MS = 5_000
const LONGEST_BACKOFF_MS = 600_000

export interface Updates extends Component {
  /**
   * Writes by these from now on, and looks at once at the branches of those that are new. Resolves when none of the former
   * ones is at work any more.
   */
  follow(reconcilers: Reconcilers): Promise<void>
}

/** Works off update jobs, and looks at every branch once per interval for other people's commits. */
export function startUpdates(options: UpdatesOptions): Updates {
  const { jobs, events, clock, random, after } = options
  const reconcilers = current(options.reconcilers)
  const failures: Failures = new Map()
  const stopping = new AbortController()

  const order = ({ target: { git, branch } }: Reconciler, once?: AddOptions) =>
    jobs.updates
      .add({ version: 1, git, branch }, once)
      .catch((error: unknown) => events.queueTroubled({ queue: 'updates', reason: reasonOf(error) }))
  const looks = () =>
    [...reconcilers.get().values()].map((reconciler) => {
      const { target, intervalMs } = reconciler
      const run = () => {
        if (isPausing(failures.get(target.git)?.notBefore ?? 0, clock.now(), longestPauseMs(intervalMs))) return
        order(reconciler, { atMostOncePerMs: intervalMs * WITHIN_PERIOD })
      }
      return { key: `${target.git} ${target.branch}`, intervalMs, run }
    })
  const forget = (git: string) => {
    failures.delete(git)
    events.placesJudged(git, [])
  }
  const wheel = startWheel(looks(), clock, random)
  Promise.race([after, sleep(clock, LONGEST_WAIT_MS, stopping.signal)]).then(
    () => {
      if (!stopping.signal.aborted) jobs.updates.work(updater(options, reconcilers, failures), CONCURRENCY)
    },
    () => {}, // stopped before
  )

  return {
    follow(next) {
      const before = new Set(reconcilers.get().values())
      const replaced = reconcilers.replace(next)
      for (const { target } of before) if (!next.has(target.git)) forget(target.git)
      wheel.take(looks())
      for (const reconciler of next.values()) if (!before.has(reconciler)) order(reconciler)
      return replaced
    },
    async stop() {
      stopping.abort()
      await wheel.stop()
      await jobs.updates.stop()
    },
  }
}

/** By the name of the Git repository. Only the looks wait for `notBefore`: what is ordered otherwise is news. */
type Failures = Map<string, Failure>

interface Failure {
  readonly count: number
  readonly notBefore: number
}

function updater(
  { events, clock, random, onLook }: UpdatesOptions,
  reconcilers: Current<Reconcilers>,
  failures: Failures,
): JobHandler<UpdateJob> {
  const report = reporter(events)

  return ({ git }, { signal }) =>
    reconcilers.use(async (known) => {
      const reconciler = known.get(git)
      // An order from a process with another policy file names what is not written here.
      if (reconciler !== undefined) await update(reconciler, signal)
    })

  async function update(reconciler: Reconciler, signal: AbortSignal): Promise<void> {
    const { git } = reconciler.target
    const where = { git, branch: reconciler.target.branch }
    try {
      const came = await reconciler.reconcile(signal)
      const { plan, commits } = came
      failures.delete(git)
      onLook?.(reconciler.target, came)
      report(plan, git)
      if (commits.length === 0) return events.upToDate(where)
      for (const { branch, oid, subject, changes, firstSeenAt } of commits) {
        const lagMs = firstSeenAt.map((seen) => clock.now() - seen)
        events.committed({ git, branch, commit: oid, subject, changes: changes.length, lagMs })
      }
    } catch (error) {
      const count = countOf(failures.get(git), clock.now())
      const backoff = { baseMs: reconciler.intervalMs, maxMs: longestPauseMs(reconciler.intervalMs) }
      failures.set(git, { count, notBefore: clock.now() + backoffMs(count, backoff, random) })
      events.updateFailed({ ...where, reason: reasonOf(error) })
      // The queue tries again soon what may pass soon; what does not waits for the next look.
      if (isRetryable(error)) throw error
    }
  }
}

function longestPauseMs(intervalMs: number): number {
  return Math.max(intervalMs, LONGEST_BACKOFF_MS)
}

/** Failures in a row. The tries of one outage count once: seconds of it must not put the next look off by many intervals. */
function countOf(before: Failure | undefined, now: number): number {
  if (before === undefined) return 1
  return now < before.notBefore ? before.count : before.count + 1
}

/** Tells what a plan leaves undone. A warning is told when it appears, not at every look. */
function reporter(events: UpdatesOptions['events']): (plan: BranchPlan, git: string) => void {
  const told = new Map<string, ReadonlySet<string>>()

  return (plan, git) => {
    const undone = plan.places.filter((place) => isWaiting(place) || place.state === 'failing')
    events.placesJudged(git, undone.map(placeLeft))
    const unplaced = plan.unplaced.map((policy) => ({ message: `Policy "${policy}" finds no place to write to` }))
    const warnings = new Map(
      [...plan.warnings, ...unplaced, ...refusals(undone)].map((warning) => [JSON.stringify(warning), warning]),
    )
    for (const [key, warning] of warnings) {
      if (!told.get(git)?.has(key)) events.warned({ git, ...warning })
    }
    told.set(git, new Set(warnings.keys()))
  }
}

function placeLeft({ policy, file, line, current, desired, obstacle = 'update', reason }: JudgedPlace) {
  return { policy, file, line, current, desired, obstacle, reason }
}

/** A poll that failed, found no tag, or one that does not pass its gates, tells it itself; and whoever holds a line knows. */
const KNOWN_OTHERWISE: readonly (Obstacle | undefined)[] = ['not-polled', 'no-tag', ...GATES]

/** One for each policy and reason, with the first of its places: a tag that is gone may stand at thousands. */
function refusals(undone: readonly JudgedPlace[]): readonly PlaceWarning[] {
  const byReason = new Map<string, PlaceWarning>()
  for (const { policy, file, line, reason, obstacle, state } of undone) {
    const message = `Policy "${policy}" does not write: ${reason}`
    // Its commit was told.
    if (obstacle === 'unmerged' && state === 'pending') continue
    if (KNOWN_OTHERWISE.includes(obstacle) || byReason.has(message)) continue
    byReason.set(message, { file, line, message })
  }
  return [...byReason.values()]
}

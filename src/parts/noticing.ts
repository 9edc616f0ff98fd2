import { reasonOf } from '../error.js'
import type { Jobs } from '../jobs/jobs.js'
import { branchKey } from '../jobs/shown.js'
import type { Clock } from '../lifecycle/clock.js'
import { isSameTold, NOTHING_TOLD, newsOf, type StuckPlace } from '../notifications/news.js'
import type { Notifications } from '../notifications/notifications.js'
import { updatedNotice } from '../notifications/updated.js'
import { commitLink } from '../status/forge-links.js'
import type { Events } from '../telemetry/events.js'
import type { JudgedPlace } from '../updaters/judgement.js'
import type { PushedCommit, Reconciler, Reconciliation } from '../updaters/reconcile.js'
import type { Poller } from '../watchers/poll.js'
import type { Watch } from '../watchers/watch.js'

export interface NoticingOptions {
  readonly notifications: Pick<Notifications, 'tell'>
  readonly jobs: Pick<Jobs, 'told' | 'watched'>
  readonly events: Pick<Events, 'queueTroubled'>
  readonly clock: Clock
}

/**
 * The same poller, which tells once that a repository cannot be looked at, and that it can again. Whether that is news, the record
 * of its looks says, which processes share.
 */
export function noticingPoller(poller: Poller, { notifications, jobs, clock }: NoticingOptions): Poller {
  return {
    async poll(watch, trigger, signal) {
      const before = await jobs.watched.get(watch.key)
      const outcome = await poller.poll(watch, trigger, signal)
      const wasTroubled = before !== undefined && (before.failures > 0 || before.suspectSince !== undefined)
      const trouble = troubleOf(watch, clock.now())
      if (outcome.outcome === 'failed' || outcome.outcome === 'suspect') {
        const isResting = outcome.outcome === 'failed' && outcome.resting
        if (!wasTroubled && !isResting) {
          notifications.tell({ ...trouble, type: 'failed', reason: outcome.reason }, concernOf(watch))
        }
      } else if (outcome.outcome !== 'skipped' && wasTroubled) {
        notifications.tell({ ...trouble, type: 'recovered' }, concernOf(watch))
      }
      return outcome
    },
  }
}

/** Of a repository that a hundred policies watch. */
const MOST_NAMED = 20

function troubleOf({ key, policies }: Watch, at: number) {
  return { at, what: 'poll', repository: key, policies: policies.slice(0, MOST_NAMED).map(({ name }) => name) } as const
}

function concernOf({ policies }: Watch) {
  const targets = policies.flatMap((policy) => policy.targets)
  return { policies: policies.map(({ name }) => name), git: [...new Set(targets.map(({ git }) => git))] }
}

/** The same reconciler, which tells what it has pushed, what it may not write, and that it failed. */
export function noticingReconciler(reconciler: Reconciler, repository: string, options: NoticingOptions): Reconciler {
  const { notifications, jobs, events, clock } = options
  const { git, branch } = reconciler.target
  const where = { git, branch }
  const concern = { policies: reconciler.target.policies.map(({ name }) => name), git: [git] }
  const trouble = () => ({ at: clock.now(), what: 'update' as const, ...where, policies: [] })

  return {
    ...reconciler,
    async reconcile(signal) {
      try {
        const done = await reconciler.reconcile(signal)
        done.commits.forEach(tellCommit)
        await safely(() => tellSuccess(done))
        return done
      } catch (error) {
        if (!signal.aborted) await safely(() => tellFailure(error))
        throw error
      }
    },
  }

  function tellCommit({ oid, branch: pushedTo, subject, changes }: PushedCommit) {
    const url = commitLink(repository, oid)
    const commit = { git, branch: pushedTo, repository, commit: oid, url, subject, changes, at: clock.now() }
    notifications.tell(updatedNotice(commit), { ...concern, policies: changes.map(({ policy }) => policy) })
  }

  async function tellSuccess({ plan }: Reconciliation) {
    const before = await jobs.told.get(branchKey(where))
    const stuck = plan.places.flatMap(stuckPlace)
    const unknown = new Set(plan.places.flatMap(({ obstacle, policy }) => (obstacle === 'not-polled' ? [policy] : [])))
    const { news, after } = newsOf(before, { ...where, stuck, unknown }, clock.now())
    // Told first: to be told twice after a crash is better than never.
    if (before?.failing) notifications.tell({ ...trouble(), type: 'recovered' }, concern)
    for (const { notice, policy } of news) notifications.tell(notice, { policies: [policy], git: [git] })
    if (!isSameTold(before, after)) await jobs.told.set(branchKey(where), after)
  }

  async function tellFailure(error: unknown) {
    const before = (await jobs.told.get(branchKey(where))) ?? NOTHING_TOLD
    if (before.failing) return
    notifications.tell({ ...trouble(), type: 'failed', reason: reasonOf(error) }, concern)
    await jobs.told.set(branchKey(where), { ...before, failing: true })
  }

  /** No update fails because its records are away. */
  async function safely(work: () => Promise<void>) {
    await work().catch((error: unknown) => events.queueTroubled({ queue: 'told', reason: reasonOf(error) }))
  }
}

/** Who ignores a line, or leaves the tag out, knows. */
function stuckPlace(place: JudgedPlace): readonly StuckPlace[] {
  const { policy, image, file, line, current, desired, state, reason, obstacle } = place
  if (state !== 'held' && state !== 'failing') return []
  if (obstacle === 'ignored' || obstacle === 'untagged' || obstacle === 'not-polled') return []
  return [{ policy, image, file, line, current, ...(desired !== undefined && { desired }), state, reason }]
}

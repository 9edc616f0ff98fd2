import { repositoryKey } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import { holdOn } from '../jobs/holds.js'
import type { Jobs } from '../jobs/jobs.js'
import type { Sightings } from '../jobs/payloads.js'
import { choiceFor } from '../jobs/selection.js'
import { backoffMs } from '../lifecycle/backoff.js'
import { type Clock, sleep } from '../lifecycle/clock.js'
import { type Change, commitMessage, type MessageTemplate } from './commit-message.js'
import { afterDelivery, type Delivery, type DeliveryPlan, deliveriesOf } from './deliveries.js'
import { GitError } from './git/errors.js'
import type { Commit, Snapshot } from './git/repository.js'
import type { Signer } from './git/signing/signer.js'
import type { JudgedPlace, Known } from './judgement.js'
import { type BranchPlan, type PlanOptions, planBranch } from './plan.js'
import { type AskProvenance, provenanceOf } from './provenance.js'
import type { CompareTags } from './standing.js'
import { type Standpoint, tellStandings } from './standings.js'
import type { UpdateTarget, WritingPolicy } from './target.js'

/** Brings one branch up to date: all due changes in one commit and one push for each branch that they go to. */
export interface Reconciler {
  readonly target: UpdateTarget
  /** How often to look for other people's commits. */
  readonly intervalMs: number
  /** What `reconcile` would commit now. Throws `GitError`, or `JobsError` where the selections cannot be read. */
  plan(signal: AbortSignal): Promise<DeliveryPlan>
  /** No difference, no commit. Throws like `plan`; `STALE` where others were faster ten times in a row. */
  reconcile(signal: AbortSignal): Promise<Reconciliation>
}

export interface Reconciliation {
  readonly plan: BranchPlan
  /** What was pushed, in this order. */
  readonly commits: readonly PushedCommit[]
}

export interface PushedCommit {
  readonly oid: string
  readonly branch: string
  readonly subject: string
  readonly changes: readonly Change[]
  /** When each tag that it writes was first selected. */
  readonly firstSeenAt: readonly number[]
}

export interface ReconcilerOptions extends PlanOptions {
  readonly intervalMs: number
  readonly jobs: Pick<Jobs, 'selections' | 'sightings' | 'standings' | 'holds' | 'polls'>
  /** Absent: commits do not tell where images come from. */
  readonly askProvenance?: AskProvenance | undefined
  /** Absent: messages are as usual. */
  readonly message?: MessageTemplate | undefined
  /** Whether messages end with `Signed-off-by` and the committer. Default: false. */
  readonly signOff?: boolean
  /** Absent: commits are not signed. */
  readonly signer?: Signer | undefined
  readonly clock: Clock
  /** The time that windows go by. Default: the clock's. */
  readonly gateTime?: (() => number) | undefined
  readonly random: () => number
  readonly onRetry: (retry: { readonly git: string; readonly attempt: number; readonly reason: string }) => void
  /** Is told what is due before `reconcile` throws because it could not be pushed. */
  readonly onUndelivered?: ((plan: BranchPlan) => void) | undefined
}

/** As often as busy branches need in practice; then the queue's own, longer pauses let people through. */
const MOST_ATTEMPTS = 10
const RETRY_PAUSE = { baseMs: 50, maxMs: 2_000 }

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { target, repository, jobs, signer, clock, random, gateTime = clock.now } = options
  const { selections } = jobs
  const names = target.policies.map(({ name }) => name)

  const tell = (places: readonly Standpoint[], { compareFor }: Known) =>
    tellStandings(places, compareFor, { target, jobs, now: clock.now })

  const planned = async (signal: AbortSignal) => {
    const compareFor = comparing(await sightingsOf(target))
    const holds = await jobs.holds.entries()
    const known = { selections: await selections.getAll(names), holds, compareFor, now: gateTime() }
    const current = await planBranch(options, known, signal)
    await tell(current.places, known)
    return { plan: await deliveriesOf(current, known, { target, repository }, signal), known }
  }
  // What was pushed before a reconciliation failed is told by the one that follows.
  const pushed: PushedCommit[] = []

  // A push that lost the race is computed anew from the files as they are then: what somebody else wrote is never merged over.
  const reconcile = async (signal: AbortSignal): Promise<Reconciliation> => {
    for (let attempt = 1; ; attempt++) {
      const { plan, known } = await planned(signal)
      try {
        return { plan: await deliverAll(plan, known, signal), commits: pushed.splice(0) }
      } catch (error) {
        if (!(error instanceof GitError) || error.code !== 'STALE' || attempt === MOST_ATTEMPTS) {
          if (!signal.aborted) options.onUndelivered?.(plan)
          throw error
        }
        options.onRetry({ git: target.git, attempt, reason: error.message })
        await sleep(clock, backoffMs(attempt, RETRY_PAUSE, random), signal)
      }
    }
  }

  const plan = async (signal: AbortSignal) => (await planned(signal)).plan
  return { target, intervalMs: options.intervalMs, plan, reconcile }

  /** Of the repositories whose policies rank tags by what is known of them. */
  function sightingsOf({ policies }: UpdateTarget): Promise<ReadonlyMap<string, Sightings>> {
    const ranking = policies.filter(({ policy }) => policy.needs === 'creation')
    return jobs.sightings.getAll([...new Set(ranking.map((policy) => repositoryKey(policy.repository)))])
  }

  async function deliverAll(plan: DeliveryPlan, known: Known, signal: AbortSignal): Promise<BranchPlan> {
    let current: BranchPlan = plan
    let stale: unknown
    for (const delivery of plan.deliveries) {
      const refusal = await deliver(delivery, plan.snapshot, known, signal).then(
        () => undefined,
        (error: unknown) => refusalTo(delivery, error),
      )
      // A branch of our own that moves, or whose lock is stuck on the server, holds up no other.
      if (typeof refusal === 'object') stale = refusal
      else if (delivery.onto !== undefined) current = afterDelivery(current, delivery, refusal)
      // What cannot be told now is told at the next look.
      else await tell(afterPush(current, known), known).catch(() => {})
    }
    if (stale !== undefined) throw stale
    return current
  }

  async function deliver(delivery: Delivery, base: Snapshot, known: Known, signal: AbortSignal): Promise<void> {
    const { branch, onto, places, changes } = delivery
    const message = await messageOf(delivery, known, signal)
    const commit = await commitOf(base, delivery, message)
    await refuseHeld(delivery, known)
    await repository.push(commit, { signal, serverOptions: target.push?.options, onto })
    pushed.push({
      oid: commit.oid,
      branch,
      subject: subjectOf(message),
      changes,
      firstSeenAt: firstSeen(places, known),
    })
  }

  /** None of it was held when it was planned, which fetching and asking may have made a while ago. */
  async function refuseHeld({ branch, places }: Delivery, { selections: chosen }: Known): Promise<void> {
    const holds = await jobs.holds.entries()
    if (holds.size === 0) return
    const isHeld = ({ policy, tag }: JudgedPlace) => {
      const choice = choiceFor(chosen.get(policy), tag)
      return choice?.tag !== undefined && holdOn(choice.tag, holds.get(policy), gateTime()) !== undefined
    }
    if (!places.some(isHeld)) return
    throw new GitError('STALE', `Cannot push to "${branch}": somebody has held a part of it meanwhile`, {
      retryable: true,
    })
  }

  async function messageOf(delivery: Delivery, known: Known, signal: AbortSignal): Promise<string> {
    const { author, committer = author } = target
    return commitMessage(delivery.changes, {
      provenance: await originsOf(delivery, known, signal),
      template: options.message,
      branch: delivery.onto?.branch,
      signOff: options.signOff ? committer : undefined,
    })
  }

  function commitOf(base: Snapshot, { files }: Delivery, message: string): Promise<Commit> {
    const changes = files.map(({ path, after }) => ({ path, bytes: after }))
    const { author, committer } = target
    const time = Math.floor(clock.now() / 1000)
    const sign = signer && ((commit: Uint8Array) => signer.sign(commit, time))
    return repository.commit(base, changes, { message, author, committer, time, sign })
  }

  async function originsOf({ changes }: Delivery, known: Known, signal: AbortSignal) {
    if (options.askProvenance === undefined) return undefined
    return provenanceOf(changes, known.selections, { target, ask: options.askProvenance, clock }, signal)
  }
}

/** Of one branch of our own: that it has moved, or the message of a refusal. Neither keeps anything else back. */
function refusalTo({ onto }: Delivery, error: unknown): string | GitError {
  if (onto === undefined || !(error instanceof GitError)) throw error
  if (error.code === 'STALE') return error
  if (error.retryable) throw error
  return error.message
}

/** What stands at the places once what is due is pushed to the branch that was read. */
function afterPush({ places }: BranchPlan, { selections }: Known): readonly Standpoint[] {
  return places.map(({ policy, tag, edit }) =>
    edit === undefined || tag === undefined
      ? { policy, tag }
      : { policy, tag: choiceFor(selections.get(policy), tag)?.tag },
  )
}

function firstSeen(places: readonly JudgedPlace[], { selections }: Known): readonly number[] {
  const choices = places.map(({ policy, tag }) => choiceFor(selections.get(policy), tag))
  return [...new Set(choices)].flatMap((choice) => choice?.firstSeenAt ?? [])
}

function comparing(sightings: ReadonlyMap<string, Sightings>): (policy: WritingPolicy) => CompareTags {
  // Each of a policy's places asks, and a repository may have a hundred thousand tags.
  const times = new Map<string, ReadonlyMap<Tag, number | null>>()
  return ({ policy, repository }) => {
    const key = repositoryKey(repository)
    const seen = sightings.get(key)
    if (policy.needs !== 'creation' || seen === undefined) return policy.compare
    const createdAt = times.get(key) ?? creationsIn(seen)
    times.set(key, createdAt)
    return (a, b) => policy.compare(a, b, { createdAt })
  }
}

function creationsIn({ tags }: Sightings): ReadonlyMap<Tag, number | null> {
  return new Map(Object.entries(tags).map(([tag, { createdAt = null }]) => [tag, createdAt]))
}

function subjectOf(message: string): string {
  return message.slice(0, message.indexOf('\n'))
}

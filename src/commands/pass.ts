import type { Configuration } from '../config/configuration.js'
import { reasonOf } from '../error.js'
import type { Tag } from '../image/tag.js'
import { memoryJobs } from '../jobs/memory.js'
import type { Selection, Sightings } from '../jobs/payloads.js'
import type { Records } from '../jobs/records.js'
import type { OpenLastingOptions } from '../jobs/redis-lasting.js'
import { systemClock } from '../lifecycle/clock.js'
import { createParts, type Parts } from '../parts.js'
import { createEvents } from '../telemetry/events.js'
import { createLogger } from '../telemetry/logger.js'
import { createMetrics } from '../telemetry/metrics.js'
import { redactor } from '../telemetry/redaction.js'
import type { Reconciler } from '../updaters/reconcile.js'
import type { UpdateTarget } from '../updaters/target.js'
import type { Watch } from '../watchers/watch.js'
import type { Invocation } from './command.js'
import { tellWarnings } from './warnings.js'

/** One full pass of a one-shot command: every repository is looked at, then every branch. It needs no Redis. */
export interface Pass {
  readonly parts: Parts
  readonly selections: Records<Selection>
  /** What is known of tags, by the canonical name of their repository. */
  readonly sightings: Records<Sightings>
  /** What the repositories have, by their canonical name; absent where the look failed. */
  readonly tags: ReadonlyMap<string, readonly Tag[]>
  readonly failures: readonly Failure[]
  /** Replaces secrets in what a registry or a Git server said: they know them, and may repeat them. */
  readonly redact: (text: string) => string
}

export interface Failure {
  readonly policy?: string
  readonly git?: string
  readonly reason: string
}

/** What came of each branch, and which of them failed. */
export interface Branches<T> {
  readonly done: readonly T[]
  readonly failures: readonly Failure[]
}

/** Gentle to a registry, and quick over many of them. */
const LOOKS_AT_ONCE = 16
const BRANCHES_AT_ONCE = 4

export interface PassOptions {
  /** Default: all. */
  readonly chosen?: (watch: Watch) => boolean
  /** Whether what is learned of tags and places is kept for later. Otherwise nothing is written but the store of Git objects. */
  readonly keeps?: boolean
  /** The time that gates and windows go by, in milliseconds since the Unix epoch. Default: now. */
  readonly at?: number | undefined
}

/** Looks at the repositories of policies. A failing one is told and passed over. */
export async function lookAtAll(
  invocation: Invocation,
  configuration: Configuration,
  use: (pass: Pass) => Promise<number>,
  { chosen = () => true, keeps = false, at }: PassOptions = {},
): Promise<number> {
  const { signal, version, verbosity, tell } = invocation
  tellWarnings(configuration.warnings, invocation)
  const redact = redactor(configuration.secrets)
  const logger = createLogger({
    format: invocation.interactive ? 'human' : 'json',
    // What fails is in the report: a log beside it would say everything twice.
    level: verbosity === 'verbose' ? 'debug' : 'error',
    redact,
    write: tell,
  })
  const clock = systemClock
  const events = createEvents(logger, createMetrics(version), clock.now)
  const onTrouble = events.queueTroubled
  const state = { folder: configuration.state, readOnly: !keeps }
  const own = memoryJobs({ clock, random: Math.random, onTrouble, state })
  const shared = await openShared(configuration, { clock, onTrouble, readOnly: !keeps })
  const jobs = { ...own, ...shared }
  const gateTime = at === undefined ? clock.now : () => at
  const parts = await createParts(configuration, jobs, { clock, random: Math.random, events, version, gateTime })
  try {
    const watches = [...parts.watches.values()].filter(chosen)
    await learnWhatStands(parts, watches, invocation)
    const tags = new Map<string, readonly Tag[]>()
    const failures: Failure[] = []
    const progress = progressOf(invocation, 'Looking at repositories', watches.length)
    await inParallel(watches, LOOKS_AT_ONCE, async (watch) => {
      const outcome = await parts.poller.poll(watch, 'request', signal)
      if (outcome.outcome === 'changed') tags.set(watch.key, outcome.tags)
      if (outcome.outcome === 'failed') {
        for (const { name } of watch.policies) failures.push({ policy: name, reason: redact(outcome.reason) })
      }
      progress()
    })
    const { selections, sightings } = jobs
    return await use({ parts, selections, sightings, tags, failures, redact })
  } finally {
    await own.stop()
    await shared?.stop()
    await parts.registry.stop()
  }
}

/** What a service with Redis knows of tags and places, which a command goes by too. */
async function openShared({ queue }: Configuration, options: Omit<OpenLastingOptions, 'redis'>) {
  if (queue === undefined) return undefined
  const { openLastingRecords } = await import('../jobs/redis-lasting.js')
  return openLastingRecords({ ...options, redis: queue.redis })
}

/** Policies that go by what stands in Git need it before they select. What fails here fails once more when the branch's turn comes. */
async function learnWhatStands(parts: Parts, watches: readonly Watch[], { signal }: Invocation): Promise<void> {
  const policies = watches.flatMap((watch) => watch.policies)
  if (!policies.some(({ policy, after }) => policy.needs === 'current' || after.length > 0)) return
  const telling = [...parts.reconcilers.values()].filter(({ target }) =>
    target.policies.some(({ tellsStanding }) => tellsStanding),
  )
  await inParallel(telling, BRANCHES_AT_ONCE, async (reconciler) => {
    await reconciler.plan(signal).catch(() => {})
  })
}

/** Does something with every branch. One that fails is a failure of its own, and the others go on. */
export async function eachBranch<T>(
  { parts, redact }: Pass,
  invocation: Invocation,
  work: (reconciler: Reconciler) => Promise<T>,
  chosen: (target: UpdateTarget) => boolean = () => true,
): Promise<Branches<T>> {
  const reconcilers = [...parts.reconcilers.values()].filter(({ target }) => chosen(target))
  const done = new Map<Reconciler, { readonly result: T }>()
  const failures: Failure[] = []
  const progress = progressOf(invocation, 'Looking at branches', reconcilers.length)
  await inParallel(reconcilers, BRANCHES_AT_ONCE, async (reconciler) => {
    try {
      done.set(reconciler, { result: await work(reconciler) })
    } catch (error) {
      if (invocation.signal.aborted) throw error
      failures.push({ git: reconciler.target.git, reason: redact(reasonOf(error)) })
    }
    progress()
  })
  // In the order of the reconcilers, whichever was done first.
  return { done: reconcilers.flatMap((reconciler) => done.get(reconciler) ?? []).map(({ result }) => result), failures }
}

async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}

/** Counts on one line of the terminal; silent where nobody watches, or where one look is all. */
function progressOf({ interactive, verbosity, tell }: Invocation, what: string, total: number): () => void {
  let done = 0
  if (!interactive || verbosity !== 'normal' || total < 2) return () => {}
  return () => {
    done++
    tell(`\r${what}: ${done}/${total}${done === total ? '\r\u001b[K' : ''}`)
  }
}

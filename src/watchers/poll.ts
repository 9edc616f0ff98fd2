import type { Tag } from '../image/tag.js'
import type { Jobs } from '../jobs/jobs.js'
import type { PollJob, Watched } from '../jobs/payloads.js'
import { choicesOf, isMadeBy } from '../jobs/selection.js'
import { backoffMs } from '../lifecycle/backoff.js'
import type { Clock } from '../lifecycle/clock.js'
import { isPausing } from '../lifecycle/pause.js'
import type { Events } from '../telemetry/events.js'
import { RegistryError } from './registry/errors.js'
import type { Registry } from './registry/registry.js'
import { createSelector } from './selector.js'
import { BELIEVED_AFTER_MS, suspicionOf } from './suspicion.js'
import type { Watch } from './watch.js'

export interface Poller {
  /**
   * Looks at one repository: lists its tags, selects for each policy, and orders the update of the branches it writes to.
   *
   * A registry that fails is an outcome and no error: the old selections stay, and the schedule's next looks are skipped
   * until a back-off has passed that grows with each failure and is never shorter than the interval. A push event is looked
   * after at once all the same, unless the registry itself asked for silence. A repository whose host is left alone has not
   * failed: the next look is as usual. Throws `JobsError` where the queue is away.
   */
  poll(watch: Watch, trigger: PollJob['trigger'], signal: AbortSignal): Promise<PollOutcome>
}

export type PollOutcome =
  | { readonly outcome: 'unchanged' | 'skipped' }
  | { readonly outcome: 'changed'; readonly tags: readonly Tag[] }
  /** The list is perhaps not the whole one: what was selected stays until the list comes back or has stayed so for a while. */
  | { readonly outcome: 'suspect'; readonly reason: string }
  /** `resting` tells that the registry was not asked, as its host is left alone. */
  | {
      readonly outcome: 'failed'
      readonly reason: string
      readonly notBefore: number
      readonly resting: boolean
      /** When a look after a push event is worth repeating: its tag was listed before its manifest could be read. */
      readonly again?: number
    }

export interface PollerOptions {
  readonly registry: Registry
  readonly jobs: Pick<Jobs, 'selections' | 'watched' | 'sightings' | 'standings' | 'updates'>
  readonly events: Pick<Events, 'polled' | 'selected' | 'judged'>
  readonly clock: Clock
  /** The time that gates go by. Default: the clock's. */
  readonly gateTime?: (() => number) | undefined
  readonly random: () => number
}

/** A watch that has no interval, only cron expressions, backs off from this. */
const CRON_BACKOFF_MS = 60_000
const LONGEST_BACKOFF_MS = 3_600_000
/** Registries tell of a push, and list its tag, before all of their parts have the manifest. */
const INCOMPLETE_MS = 2_000

export function createPoller(options: PollerOptions): Poller {
  const { registry, jobs, events, clock, random } = options
  const selector = createSelector(options)
  // The first look of a process is a whole one, whatever others have recorded: it costs little and mends what was lost.
  const seen = new Set<string>()

  return {
    async poll(watch, trigger, signal) {
      const startedAt = clock.now()
      const before = await jobs.watched.get(watch.key)
      const outcome = await look(watch, before, trigger, signal)
      events.polled({
        ...outcome,
        registry: watch.repository.registry,
        repository: watch.key,
        policies: watch.policies.map(({ name }) => name),
        durationMs: clock.now() - startedAt,
      })
      return outcome
    },
  }

  async function look(
    watch: Watch,
    before: Watched | undefined,
    trigger: PollJob['trigger'],
    signal: AbortSignal,
  ): Promise<PollOutcome> {
    if (before !== undefined && isResting(watch, before, trigger, clock.now())) return { outcome: 'skipped' }
    const rules = await rulesOf(watch)
    const known = seen.has(watch.key) && before?.rules === rules ? before.fingerprint : undefined
    // A look that brings no list ends it: a registry that recovers answers both short lists and errors.
    let suspectSince: number | undefined
    try {
      let listing = await registry.listTags(watch.repository, { known, signal })
      let complete = true
      if (!listing.changed && (await selector.selectAgain(watch, signal)).needsTags) {
        listing = await registry.listTags(watch.repository, { signal })
      }
      if (listing.changed) {
        const reason = await suspicion(watch, before, listing.tags)
        if (reason !== undefined) suspectSince = Math.min(before?.suspectSince ?? clock.now(), clock.now())
        if (reason !== undefined && !isBelieved(before, clock.now())) {
          await jobs.watched.set(watch.key, { ...(before ?? NOTHING_YET), ...NO_FAILURE, suspectSince })
          return { outcome: 'suspect', reason }
        }
        ;({ complete } = await selector.select(watch, listing, { signal, isFirst: !seen.has(watch.key) }))
      }
      const tags = listing.changed ? listing.tags.length : before?.tags
      await keep(watch, before, { fingerprint: complete ? listing.fingerprint : undefined, rules, tags })
      seen.add(watch.key)
      return listing.changed ? { outcome: 'changed', tags: listing.tags } : { outcome: 'unchanged' }
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      return fail(watch, before, error, suspectSince)
    }
  }

  /** Written last: a crash before it costs another whole look, and never an update. Most looks find it written already. */
  async function keep(
    watch: Watch,
    before: Watched | undefined,
    { fingerprint, rules, tags }: Pick<Watched, 'fingerprint' | 'rules' | 'tags'>,
  ): Promise<void> {
    if (before?.fingerprint === fingerprint && before?.rules === rules && !isTroubled(before)) return
    // Spelled out: V8 gives each object that is made by spreading a hidden class of its own, which takes 200 bytes.
    await jobs.watched.set(watch.key, {
      version: 1,
      failures: 0,
      notBefore: 0,
      restUntil: 0,
      fingerprint,
      rules,
      tags,
    })
  }

  async function fail(
    watch: Watch,
    before: Watched | undefined,
    error: RegistryError,
    suspectSince: number | undefined,
  ): Promise<PollOutcome> {
    const { code, message: reason, retryAt: notBefore = clock.now() } = error
    if (code === 'RESTING') {
      if (before !== undefined && before.suspectSince !== suspectSince) {
        await jobs.watched.set(watch.key, { ...before, suspectSince })
      }
      return { outcome: 'failed', reason, notBefore, resting: true }
    }
    const after = { ...afterFailure(watch, before, error), suspectSince }
    await jobs.watched.set(watch.key, after)
    const failed = { outcome: 'failed', reason, notBefore: after.notBefore, resting: false } as const
    if (code !== 'NOT_FOUND' || !error.retryable) return failed
    const pauseMs = backoffMs(after.failures, { baseMs: INCOMPLETE_MS, maxMs: LONGEST_BACKOFF_MS }, random)
    return { ...failed, again: clock.now() + pauseMs }
  }

  async function suspicion(
    watch: Watch,
    before: Watched | undefined,
    tags: readonly Tag[],
  ): Promise<string | undefined> {
    const selections = await jobs.selections.getAll(watch.policies.map(({ name }) => name))
    const selected = watch.policies.flatMap((policy) => {
      const selection = selections.get(policy.name)
      return isMadeBy(policy, selection) ? choicesOf(selection).flatMap(({ tag }) => tag ?? []) : []
    })
    return suspicionOf(tags, { count: before?.tags, selected })
  }

  /** What the tags are judged by. */
  async function rulesOf(watch: Watch): Promise<string> {
    const rules = watch.policies.map(({ name, rule }) => `${name} ${rule}`)
    const standing = await selector.standingOf(watch)
    return [...rules, ...(standing === '' ? [] : [standing])].join('\n')
  }

  function afterFailure(watch: Watch, before: Watched | undefined, error: RegistryError): Watched {
    const failures = (before?.failures ?? 0) + 1
    const baseMs = watch.intervalMs ?? CRON_BACKOFF_MS
    const pauseMs = Math.max(baseMs, backoffMs(failures, { baseMs, maxMs: longestPauseMs(watch) }, random))
    const restUntil = error.retryAt ?? 0
    return {
      ...(before ?? NOTHING_YET),
      version: 1,
      failures,
      notBefore: Math.max(clock.now() + pauseMs, restUntil),
      restUntil,
    }
  }
}

const NO_FAILURE = { version: 1, failures: 0, notBefore: 0, restUntil: 0 } as const
const NOTHING_YET: Watched = { ...NO_FAILURE, rules: '' }

/** Whether the lists have been suspect for so long that they are believed. */
function isBelieved(before: Watched | undefined, now: number): boolean {
  return before?.suspectSince !== undefined && now >= before.suspectSince + BELIEVED_AFTER_MS
}

/** Whether the last look left something to be cleared. */
function isTroubled({ failures, suspectSince }: Watched): boolean {
  return failures > 0 || suspectSince !== undefined
}

function isResting(watch: Watch, state: Watched, trigger: PollJob['trigger'], now: number): boolean {
  if (trigger === 'request') return false
  return isPausing(trigger === 'event' ? state.restUntil : state.notBefore, now, longestPauseMs(watch))
}

function longestPauseMs({ intervalMs = CRON_BACKOFF_MS }: Watch): number {
  return Math.max(intervalMs, LONGEST_BACKOFF_MS)
}

import type { Logger } from './logger.js'
import type { Metrics } from './metrics.js'
import type { PlaceLeft } from './place-left.js'
import { createRefusals } from './refusals.js'

/** What happens, one function each: it counts and writes the log record together, so that the two never disagree. */
export interface Events {
  started(service: { readonly url?: string; readonly role: string; readonly policies: number }): void
  stopping(signal: string): void
  /** A newer policy file is in force. */
  configApplied(configuration: { readonly policies: readonly string[] }): void
  /** A newer policy file is not taken, and the one in force stays. */
  configRefused(refusal: { readonly reason: string }): void
  registryRequested(request: {
    readonly registry: string
    readonly operation: string
    readonly code: string
    readonly durationMs: number
  }): void
  /** A host is left alone for a while, because it fails or has asked for silence. */
  registryRested(rest: { readonly registry: string; readonly reason: string; readonly until: number }): void
  registryRecovered(registry: string): void
  /** How many pulls a registry still allows; from `reserve` down, none is spent. */
  registryAllowed(allowance: { readonly registry: string; readonly remaining: number; readonly reserve: number }): void
  polled(poll: Poll): void
  selected(selection: {
    readonly policy: string
    readonly image: string
    readonly tag?: string | undefined
    readonly previous?: string | undefined
    /** Why there is no tag. */
    readonly reason?: string | undefined
    /** Why it is not written yet. */
    readonly waits?: string | undefined
  }): void
  /** Why other tags were not selected. They are asked for where they are told. */
  judged(
    judgement: { readonly policy: string; readonly tags: number; readonly tag?: string | undefined },
    others: () => readonly { readonly tag: string; readonly reason: string }[],
  ): void
  webhookReceived(event: {
    readonly webhook: string
    readonly outcome: string
    readonly queued: number
    /** What was pushed, such as `ghcr.io/org/app:1.4.0`. */
    readonly pushed?: readonly string[]
    readonly reason?: string
  }): void
  requestFailed(failure: { readonly path: string; readonly reason: string }): void
  /** Somebody ordered it, over the API or on the page. */
  operated(operation: {
    readonly operation: 'poll' | 'hold' | 'release'
    readonly by: string
    readonly policy: string
    readonly tag?: string | undefined
    readonly reason?: string | undefined
    readonly until?: number | undefined
    readonly released?: boolean | undefined
  }): void
  gitOperated(operation: {
    readonly git: string
    readonly operation: string
    readonly outcome: string
    readonly durationMs: number
  }): void
  /** How a Git repository is read from now on, and why so. */
  gitEngineChosen(choice: { readonly git: string; readonly engine: string; readonly reason: string }): void
  /** The server of a Git repository says by a redirect that it is at `url`. */
  gitMoved(move: { readonly git: string; readonly url: string }): void
  /** What people took back is only known as far as the history goes. */
  historyShortened(history: { readonly git: string; readonly branch: string; readonly reason: string }): void
  pushRetried(retry: { readonly git: string; readonly attempt: number; readonly reason: string }): void
  committed(commit: {
    readonly git: string
    readonly branch: string
    readonly commit: string
    readonly subject: string
    readonly changes: number
    readonly lagMs: readonly number[]
  }): void
  upToDate(update: { readonly git: string; readonly branch: string }): void
  updateFailed(update: { readonly git: string; readonly branch: string; readonly reason: string }): void
  /** The places of a branch that do not have the selected tag; none where the branch is not written to any more. */
  placesJudged(git: string, left: readonly PlaceLeft[]): void
  warned(warning: {
    readonly git: string
    readonly file?: string
    readonly line?: number
    readonly message: string
  }): void
  /** A message was sent to who is told of news, or not: `failed` is tried again, `refused` is not. */
  notified(message: {
    readonly to: string
    readonly outcome: 'sent' | 'failed' | 'refused'
    readonly notices: number
    readonly reason?: string
  }): void
  queueTroubled(trouble: { readonly queue: string; readonly reason: string }): void
  queueRecovered(queue: string): void
}

export interface Poll {
  readonly registry: string
  readonly repository: string
  readonly policies: readonly string[]
  readonly outcome: 'changed' | 'unchanged' | 'suspect' | 'failed' | 'skipped'
  readonly durationMs: number
  readonly reason?: string
  readonly notBefore?: number
  /** The host is left alone, which is told once for all of its repositories. */
  readonly resting?: boolean
}

/** So many reasons of one outage are told: one that never repeats itself would be told at every look. */
const TROUBLES = 10
/** So many places of a branch are told of: "explain" shows all of them. */
const PLACES_LEFT = 100
/** While Redis is away every order fails alike: one record a minute says it. */
const QUEUE_TROUBLE_MS = 60_000
/** A reason may name what is in a job: not all of them are kept for ever. */
const QUEUE_TROUBLES = 1_000

export function createEvents(log: Logger, metrics: Metrics, now: () => number): Events {
  // By repository, so that each trouble is told once and not at every look, though an outage may change its face and back.
  const troubles = new Map<string, Set<string>>()
  // By Git repository, alike.
  const failedUpdates = new Map<string, string>()
  const queueTroubles = new Map<string, number>()
  const refused = createRefusals(log, now)
  const spared = new Set<string>()
  /** Policies whose repository was listed. */
  const succeeded = new Set<string>()
  let refusedConfig: string | undefined
  const unnotified = new Map<string, string>()
  const placesLeft = new Map<string, ReadonlySet<string>>()

  return {
    started(service) {
      metrics.configValid.set(1)
      log.info('Tidemark started', service)
    },
    stopping(signal) {
      log.info('Stopping: finishing the work in hand', { signal })
    },
    configApplied({ policies }) {
      metrics.configValid.set(1)
      refusedConfig = undefined
      const kept = new Set(policies)
      for (const policy of succeeded) {
        if (kept.has(policy)) continue
        succeeded.delete(policy)
        metrics.policyLastSuccess.remove({ policy })
      }
      log.info('Policy file applied', { policies: policies.length })
    },
    configRefused({ reason }) {
      metrics.configValid.set(0)
      const isNews = refusedConfig !== reason
      refusedConfig = reason
      log[isNews ? 'error' : 'debug']('Policy file refused: the one in force stays', { reason })
    },
    registryRequested({ durationMs, ...request }) {
      metrics.registryRequests.inc(request)
      metrics.registryRequestSeconds.observe(
        { registry: request.registry, operation: request.operation },
        durationMs / 1000,
      )
      log.debug('Asked registry', { ...request, durationMs: Math.round(durationMs) })
    },
    registryRested({ until, ...rest }) {
      log.warn('Registry is left alone', { ...rest, until: new Date(until).toISOString() })
    },
    registryRecovered(registry) {
      log.info('Registry works again', { registry })
    },
    registryAllowed({ registry, remaining, reserve }) {
      metrics.registryRateLimitRemaining.set({ registry }, remaining)
      if (remaining > reserve) spared.delete(registry)
      else if (!spared.has(registry)) {
        spared.add(registry)
        log.warn('Registry allows few more pulls: none is spent', { registry, remaining, reserve })
      }
    },
    polled(poll) {
      metrics.polls.inc({ registry: poll.registry, outcome: poll.outcome })
      const { repository, outcome, reason, notBefore } = poll
      if (outcome === 'failed' || outcome === 'suspect') {
        const told = troubles.get(repository) ?? new Set()
        const isNews = !poll.resting && told.size < TROUBLES && !told.has(reason ?? '')
        if (isNews) troubles.set(repository, told.add(reason ?? ''))
        const retryAt = notBefore === undefined ? undefined : new Date(notBefore).toISOString()
        const message = outcome === 'failed' ? 'Poll failed' : 'List of tags is not believed, selections stay'
        return log[isNews ? 'warn' : 'debug'](message, { repository, reason, retryAt })
      }
      if (outcome !== 'skipped') {
        if (troubles.delete(repository)) log.info('Poll works again', { repository })
        for (const policy of poll.policies) {
          succeeded.add(policy)
          metrics.policyLastSuccess.set({ policy }, now() / 1000)
        }
      }
      log.debug('Polled', { repository, outcome, durationMs: Math.round(poll.durationMs) })
    },
    selected({ policy, image, tag, previous, reason, waits }) {
      if (tag === undefined) log.warn('No tag qualifies', { policy, image, reason })
      else if (waits !== undefined) log.info('Tag selected, and waits', { policy, image, tag, previous, reason: waits })
      else if (tag === previous) log.info('Tag may be written', { policy, image, tag })
      else log.info('Tag selected', { policy, image, tag, previous })
    },
    judged(judgement, others) {
      log.debug('Tags judged', () => ({ ...judgement, others: others() }))
    },
    webhookReceived(event) {
      metrics.webhookEvents.inc({ webhook: event.webhook, outcome: event.outcome })
      // Registries tell of every layer and every pull: what is none of ours is no news.
      if (event.outcome === 'ignored') log.debug('Push event ignored', event)
      else if (event.outcome === 'accepted') log.info('Push event received', event)
      else refused(event)
    },
    requestFailed(failure) {
      log.error('Request failed', failure)
    },
    operated({ operation, until, ...order }) {
      const message = { poll: 'Poll ordered', hold: 'Hold set', release: 'Hold lifted' }[operation]
      log.info(message, { ...order, ...(until !== undefined && { until: new Date(until).toISOString() }) })
    },
    gitOperated({ durationMs, ...operation }) {
      metrics.gitOperations.inc(operation)
      metrics.gitOperationSeconds.observe({ git: operation.git, operation: operation.operation }, durationMs / 1000)
      log.debug('Git operation', { ...operation, durationMs: Math.round(durationMs) })
    },
    gitEngineChosen(choice) {
      // The other engine takes every server and is slower, which somebody may wonder about.
      if (choice.engine === 'wire') log.debug('Git engine chosen', choice)
      else log.info('Git engine chosen', choice)
    },
    gitMoved(move) {
      log.info('Git repository has moved: it is asked where its server redirects to', move)
    },
    historyShortened(history) {
      log.info('History does not go back far enough to know all reverts', history)
    },
    pushRetried(retry) {
      metrics.pushRetries.inc({ git: retry.git })
      log.info('Somebody was faster: computing the update again', retry)
    },
    committed({ lagMs, ...commit }) {
      metrics.updates.inc({ git: commit.git, outcome: 'pushed' })
      for (const lag of lagMs) metrics.commitLagSeconds.observe(lag / 1000)
      failedUpdates.delete(commit.git)
      log.info('Commit pushed', { ...commit, lagMs: Math.max(0, ...lagMs) })
    },
    upToDate(update) {
      metrics.updates.inc({ git: update.git, outcome: 'unchanged' })
      if (failedUpdates.delete(update.git)) log.info('Update works again', update)
      else log.debug('Branch is up to date', update)
    },
    updateFailed(update) {
      metrics.updates.inc({ git: update.git, outcome: 'failed' })
      const isNews = failedUpdates.get(update.git) !== update.reason
      failedUpdates.set(update.git, update.reason)
      log[isNews ? 'error' : 'debug']('Update failed', update)
    },
    placesJudged(git, left) {
      const before = placesLeft.get(git)
      const shown = new Map(left.slice(0, PLACES_LEFT).map((place) => [JSON.stringify(place), place]))
      placesLeft.set(git, new Set(shown.keys()))
      for (const [key, place] of shown) if (!before?.has(key)) log.debug('Place is not written', { git, ...place })
    },
    warned(warning) {
      const { message, ...where } = warning
      log.warn(message, where)
    },
    notified({ reason = '', ...message }) {
      metrics.notifications.inc({ to: message.to, outcome: message.outcome })
      if (message.outcome === 'sent') {
        unnotified.delete(message.to)
        return log.info('Notification sent', message)
      }
      const isNews = unnotified.get(message.to) !== reason
      unnotified.set(message.to, reason)
      const failed = message.outcome === 'failed'
      log[isNews ? 'warn' : 'debug'](failed ? 'Notification failed' : 'Notification refused', { ...message, reason })
    },
    queueTroubled(trouble) {
      const key = JSON.stringify([trouble.queue, trouble.reason])
      const isNews = now() - (queueTroubles.get(key) ?? Number.NEGATIVE_INFINITY) >= QUEUE_TROUBLE_MS
      if (queueTroubles.size >= QUEUE_TROUBLES) queueTroubles.clear()
      if (isNews) queueTroubles.set(key, now())
      log[isNews ? 'warn' : 'debug']('Queue warns', trouble)
    },
    queueRecovered(queue) {
      queueTroubles.clear()
      log.info('Queue works again', { queue })
    },
  }
}

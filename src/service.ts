import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from './config/configuration.js'
import { tryParseDuration } from './config/duration.js'
import { reasonOf } from './error.js'
import type { Jobs } from './jobs/jobs.js'
import { memoryJobs } from './jobs/memory.js'
import type { Clock } from './lifecycle/clock.js'
import type { Component } from './lifecycle/component.js'
import { current } from './lifecycle/current.js'
import { type Notifications, startNotifications } from './notifications/notifications.js'
import { createParts, type Parts, type Surroundings } from './parts.js'
import { type Configured, createBoard } from './status/board.js'
import { keptHolds } from './status/kept-holds.js'
import { measuredBy } from './status/measured.js'
import { type Recorder, startRecorder } from './status/recorder.js'
import { type Metrics, scrape } from './telemetry/metrics.js'
import type { Redaction } from './telemetry/redaction.js'
import { startUpdates } from './updaters/updates.js'
import { startPolls } from './watchers/polls.js'
import type { Registry } from './watchers/registry/registry.js'
import type { Watch } from './watchers/watch.js'
import { pushHints } from './watchers/webhooks/push-hints.js'
import { createSender } from './watchers/webhooks/senders.js'
import { accessOf } from './web/access.js'
import { createOperations } from './web/operations.js'
import type { Webhook, WebOptions } from './web/options.js'
import { startWeb } from './web/server.js'

/** What one process does: all of it, or with Redis a part. Every role serves metrics and health. */
export type Role = (typeof ROLES)[number]
export const ROLES = ['all', 'poll', 'write', 'web'] as const

/** Whoever stops a service, such as Kubernetes or systemd, waits ten seconds at least; what hangs longer is cut off before. */
const GRACE_MS = 6_000

export interface ServiceOptions extends Surroundings {
  readonly role: Role
  readonly metrics: Metrics
  /** Takes secrets out of what is shown; it learns those of newer configurations. */
  readonly redaction: Redaction
  /** Hears of a push to a branch; true where that matters elsewhere. */
  readonly onPush?: (git: string, branch: string) => boolean
}

export interface Service extends Component {
  /** Where HTTP is served, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /**
   * Puts another configuration in force: what is in hand ends as it began, and what is as before goes on. Throws like
   * `startService`, and changes nothing then.
   */
  apply(configuration: Configuration): Promise<Applied>
  /** Shows why a newer configuration is not in force, until one is. */
  refuse(reason: string): void
}

export interface Applied {
  /** The settings that differ and are taken at a start only. */
  readonly needRestart: readonly string[]
}

/**
 * Starts the service that a configuration describes. Stopping it takes nothing new and finishes the work in hand.
 * Throws `WebError` where the port cannot be had, and `GitError` `STATE` where the state folder cannot be used.
 */
export async function startService(configuration: Configuration, options: ServiceOptions): Promise<Service> {
  const { role, clock, random, version } = options
  const does = (part: Role) => role === 'all' || role === part
  const jobs = await createJobs(configuration, options)
  const { redact: clean } = options.redaction
  const recorder = startRecorder({ jobs, clock, clean, onTrouble: options.events.queueTroubled })
  const events = recorder.listening(options.events)
  const notifications = notificationsOf(configuration, jobs, { ...options, events, clean })
  const surroundings = { ...options, events, notifications, onUndelivered: recorder.undelivered }
  const put = async (wanted: Configuration, former?: Parts): Promise<InForce> => {
    const parts = await createParts(wanted, jobs, surroundings, former)
    const hint = pushHints({ ...parts, jobs, branchOf: (git) => parts.reconcilers.get(git)?.target.branch })
    return { configuration: wanted, parts, hint, webhooks: does('web') ? webhooksOf(wanted, clock) : new Map() }
  }
  const inForce = current(await put(configuration))
  const parts = () => inForce.get().parts
  const holds = keptHolds({ jobs, clock, onChange: (policy) => orderUpdatesOf(policy, parts(), jobs, recorder) })
  let refusal: string | undefined
  const configured = () => configuredOf(inForce.get(), refusal)
  const registry: Pick<Registry, 'listTags'> = {
    listTags: (...question) => inForce.use(({ parts }) => parts.registry.listTags(...question)),
  }
  const web = await startWeb({
    ...configuration.server,
    clock,
    webhooks: { get: (name) => inForce.get().webhooks.get(name) },
    hint: async (pushed) => {
      const queued = await inForce.use(({ hint }) => hint(pushed))
      const heard = pushed.filter((one) => 'git' in one && options.onPush?.(one.git, one.branch))
      return Math.max(queued, heard.length)
    },
    metrics: () => scrape(options.metrics, measuredBy(jobs, configured)),
    ready: () =>
      jobs.ping().then(
        () => [],
        (error) => [reasonOf(error)],
      ),
    status: createBoard({ version, clock, jobs, holds, registry, recorder, configured, clean }),
    access: accessOf({ rules: () => inForce.get().configuration.server, clock }),
    operations: createOperations({
      repositoryOf: (policy) => watchOf(policy, parts())?.key,
      orderPoll: (repository) => jobs.polls.add({ version: 1, repository, trigger: 'request' }),
      holds,
      durationOf: tryParseDuration,
      now: clock.now,
      onOperation: events.operated,
    }),
    onWebhook: events.webhookReceived,
    onFailure: events.requestFailed,
  })
  const shared = { ...parts(), jobs, clock, random, events }
  const polls = does('poll') ? startPolls({ ...shared, onTrouble: events.queueTroubled }) : undefined
  const updates = does('write')
    ? startUpdates({ ...shared, onLook: recorder.looked, after: polls?.firstPass ?? Promise.resolve() })
    : undefined
  events.started({ url: web.url, role, policies: configuration.policies.length })

  // Registries that nobody will ask any more, each until its last question is answered.
  const leaving = new Set<Registry>()
  return {
    url: web.url,
    async apply(wanted) {
      options.redaction.add(wanted.secrets)
      const former = inForce.get()
      const next = await put(asStarted(wanted, configuration), former.parts)
      const left = [inForce.replace(next), polls?.follow(next.parts), updates?.follow(next.parts.reconcilers)]
      const { registry } = former.parts
      if (registry !== next.parts.registry) {
        leaving.add(registry)
        Promise.all(left).then(() => {
          leaving.delete(registry)
          return registry.stop()
        })
      }
      if (refusal !== undefined) {
        notifications?.tell({ type: 'recovered', at: clock.now(), what: 'config', policies: [] })
      }
      refusal = undefined
      recorder.changed()
      return { needRestart: needingRestart(wanted, configuration) }
    },
    refuse(reason) {
      refusal = reason
      notifications?.tell({ type: 'config-refused', at: clock.now(), reason })
      recorder.changed()
    },
    async stop() {
      await web.stop()
      await Promise.all([polls?.stop(), updates?.stop()])
      await recorder.stop()
      await notifications?.stop()
      await jobs.stop()
      for (const registry of [...leaving, parts().registry]) await registry.stop()
    },
  }
}

/** A configuration and what is made from it; everything else outlives it. */
interface InForce {
  readonly configuration: Configuration
  readonly parts: Parts
  readonly webhooks: ReadonlyMap<string, Webhook>
  readonly hint: WebOptions['hint']
}

/** What is opened once stays as it was at the start. */
function asStarted(wanted: Configuration, { server, queue, state, notifications }: Configuration): Configuration {
  const { queue: _, ...others } = wanted
  const { host, port } = server
  return { ...others, server: { ...wanted.server, host, port }, state, notifications, ...(queue && { queue }) }
}

function needingRestart(wanted: Configuration, started: Configuration): readonly string[] {
  const settings = ({ server: { host, port }, queue, state, notifications }: Configuration) => ({
    'server.host': host,
    'server.port': port,
    'queue.redis': queue?.redis,
    state,
    notifications,
  })
  const before: Readonly<Record<string, unknown>> = settings(started)
  return Object.entries(settings(wanted)).flatMap(([name, value]) =>
    isDeepStrictEqual(value, before[name]) ? [] : [name],
  )
}

/** Undefined where nobody wants to know. Who only serves HTTP need not be able to reach anybody. */
function notificationsOf(
  { notifications: destinations, proxies }: Configuration,
  jobs: Jobs,
  { role, events, clock, version, clean }: ServiceOptions & { readonly clean: (text: string) => string },
): Notifications | undefined {
  if (destinations.length === 0) return undefined
  const userAgent = `tidemark/${version}`
  return startNotifications({ destinations, proxies, jobs, events, clock, clean, userAgent, sends: role !== 'web' })
}

async function createJobs({ queue, state }: Configuration, { clock, random, events }: ServiceOptions): Promise<Jobs> {
  const options = {
    clock,
    random,
    onTrouble: events.queueTroubled,
    onRecovery: events.queueRecovered,
    graceMs: GRACE_MS,
  }
  if (queue === undefined) return memoryJobs({ ...options, state: { folder: state } })
  // A process without Redis is smaller without its libraries.
  const { bullmqJobs } = await import('./jobs/bullmq.js')
  return bullmqJobs({ ...options, redis: queue.redis })
}

function configuredOf(
  { configuration: { git, warnings }, parts: { watches, reconcilers } }: InForce,
  refusal: string | undefined,
): Configured {
  const targets = [...reconcilers.values()].map(({ target }) => target)
  const branches = targets.map((target) => ({
    git: target.git,
    branch: target.branch,
    url: git[target.git]?.url ?? '',
  }))
  const refused = refusal === undefined ? [] : [`A newer policy file is refused, the one in force stays: ${refusal}`]
  return { watches, branches, warnings: [...refused, ...warnings] }
}

/** What was held or released is judged anew wherever the policy writes. */
async function orderUpdatesOf(policy: string, { watches }: Parts, jobs: Jobs, recorder: Recorder): Promise<void> {
  const policies = [...watches.values()].flatMap((watch) => watch.policies)
  const targets = policies.find(({ name }) => name === policy)?.targets ?? []
  await Promise.all(targets.map(({ git, branch }) => jobs.updates.add({ version: 1, git, branch })))
  recorder.changed()
}

function watchOf(policy: string, { watches }: Parts): Watch | undefined {
  return [...watches.values()].find(({ policies }) => policies.some(({ name }) => name === policy))
}

/** By the name in the path; none where another role takes them. */
function webhooksOf({ webhooks, proxies }: Configuration, clock: Clock): ReadonlyMap<string, Webhook> {
  const entries = Object.entries(webhooks).map(([name, config]) => {
    const { requestsPerSecond } = config
    return [name, { sender: createSender(config, { proxies, clock }), requestsPerSecond }] as const
  })
  return new Map(entries)
}

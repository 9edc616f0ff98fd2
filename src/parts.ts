import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Configuration, GitConfig } from './config/configuration.js'
import { defaultRegistry } from './config/resolve.js'
import type { Jobs } from './jobs/jobs.js'
import type { Clock } from './lifecycle/clock.js'
import type { Notifications } from './notifications/notifications.js'
import { noticingPoller, noticingReconciler } from './parts/noticing.js'
import { sharedParts } from './parts/shared.js'
import { globsOf, updateTarget } from './parts/update-target.js'
import { watchedPolicy } from './parts/watched-policy.js'
import type { Recorder } from './status/recorder.js'
import type { Events } from './telemetry/events.js'
import { fileMatcher } from './updaters/files.js'
import { openGitRepository } from './updaters/git/open.js'
import { openSigner } from './updaters/git/signing/signer.js'
import { messageTemplate } from './updaters/message-template.js'
import { pathsIn } from './updaters/path-claims.js'
import { openPlaceIndex } from './updaters/place-index.js'
import { reachOf } from './updaters/reach.js'
import { createReconciler, type Reconciler } from './updaters/reconcile.js'
import { createReverts } from './updaters/reverts/reverts.js'
import { createScanner } from './updaters/scan.js'
import { openScanMemory } from './updaters/scan-memory.js'
import type { UpdateTarget } from './updaters/target.js'
import { createPoller, type Poller } from './watchers/poll.js'
import { ociRegistry } from './watchers/registry/oci.js'
import { politeRegistry } from './watchers/registry/polite.js'
import type { Registry } from './watchers/registry/registry.js'
import { createVerifier } from './watchers/signatures/verify.js'
import { type Watch, type WatchedPolicy, watchesOf } from './watchers/watch.js'

/** What looks at registries and what writes to Git, made from one configuration. `run` and the one-shot commands share it. */
export interface Parts {
  /** By the canonical name of the repository. */
  readonly watches: ReadonlyMap<string, Watch>
  readonly poller: Poller
  readonly registry: Registry
  /** By the name of the Git repository. */
  readonly reconcilers: ReadonlyMap<string, Reconciler>
  /** What the others were made from, as hashes, to tell which of them another configuration needs anew. */
  readonly terms: PartsTerms
}

interface PartsTerms {
  readonly registry: string
  /** By the name of the Git repository. */
  readonly reconcilers: ReadonlyMap<string, string>
}

/** What everything is made with, so that tests drive time and chance. */
export interface Surroundings {
  readonly clock: Clock
  readonly random: () => number
  readonly events: Events
  readonly version: string
  /** Is told what happens. Absent: nobody is. */
  readonly notifications?: Pick<Notifications, 'tell'> | undefined
  /** Is told what is due in a branch and cannot be pushed. Absent: nobody is. */
  readonly onUndelivered?: Recorder['undelivered'] | undefined
  /** The time that gates go by. Default: the clock's. */
  readonly gateTime?: (() => number) | undefined
}

type SharedJobs = Omit<Jobs, 'ping' | 'stop'>

/**
 * Throws `GitError` `STATE` where the state folder cannot be used, and `SignatureError` where a trusted root cannot. What would
 * be made as it is in `former` is taken from there, with all that it knows.
 */
export async function createParts(
  configuration: Configuration,
  jobs: SharedJobs,
  surroundings: Surroundings,
  former?: Parts,
): Promise<Parts> {
  const { clock, random, events, gateTime, notifications } = surroundings
  const noticing = notifications && { notifications, jobs, events, clock }
  const registryTerms = hashOf([configuration.registries, configuration.proxies])
  const kept = former?.terms.registry === registryTerms ? former : undefined
  const registry = kept?.registry ?? openRegistry(configuration, surroundings)
  const trustedRoot = { folder: join(configuration.state, 'sigstore') }
  const shared = sharedParts(createVerifier({ registry, clock, trustedRoot }))
  const watched: WatchedPolicy[] = []
  for (const policy of configuration.policies) watched.push(await watchedPolicy(policy, configuration, shared))
  const reconcilers = new Map<string, Reconciler>()
  const terms = new Map<string, string>()
  for (const git of Object.values(configuration.git)) {
    const target = updateTarget(git, configuration, shared)
    if (target.policies.length === 0) continue
    const own = reconcilerTerms(git, configuration)
    terms.set(git.name, own)
    const same = kept?.terms.reconcilers.get(git.name) === own ? kept.reconcilers.get(git.name) : undefined
    reconcilers.set(git.name, same ?? (await open(git, target)))
  }
  const poller = kept?.poller ?? createPoller({ registry, jobs, events, clock, random, gateTime })
  return {
    watches: watchesOf(watched),
    registry,
    reconcilers,
    poller: kept === undefined && noticing ? noticingPoller(poller, noticing) : poller,
    terms: { registry: registryTerms, reconcilers: terms },
  }

  async function open(git: GitConfig, target: UpdateTarget): Promise<Reconciler> {
    const reconciler = await openReconciler(git, target, registry, configuration, jobs, surroundings)
    return noticing ? noticingReconciler(reconciler, git.url, noticing) : reconciler
  }
}

/** What a reconciler depends on beside the registry. */
function reconcilerTerms(git: GitConfig, { policies, proxies, state }: Configuration): string {
  const own = policies.filter(({ write }) => write.some((entry) => entry.git === git.name))
  const all = policies.map(({ name, demands: { after } }) => [name, after?.policy])
  return hashOf([git, proxies, state, own, all])
}

function hashOf(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'base64url')
}

function openRegistry(
  { registries, proxies }: Configuration,
  { clock, random, events, version }: Surroundings,
): Registry {
  const settingsOf = (host: string) => registries[host] ?? defaultRegistry(host)
  const client = ociRegistry({
    hosts: settingsOf,
    proxies,
    clock,
    userAgent: `tidemark/${version}`,
    onRequest: events.registryRequested,
    onAllowance: events.registryAllowed,
  })
  return politeRegistry(client, {
    concurrency: (host) => settingsOf(host).concurrency,
    clock,
    random,
    onRest: events.registryRested,
    onRecovery: events.registryRecovered,
  })
}

async function openReconciler(
  git: GitConfig,
  target: UpdateTarget,
  registry: Registry,
  { state, policies, proxies }: Configuration,
  jobs: SharedJobs,
  { clock, random, events, gateTime, onUndelivered }: Surroundings,
): Promise<Reconciler> {
  const repository = openGitRepository({
    url: git.url,
    credentials: git.credentials,
    tls: git.tls,
    proxy: git.proxy,
    proxies,
    stateFolder: join(state, 'git'),
    clock,
    onOperation: (operation) => events.gitOperated({ git: git.name, ...operation }),
    onEngine: (choice) => events.gitEngineChosen({ git: git.name, ...choice }),
    onMove: (url) => events.gitMoved({ git: git.name, url }),
  })
  const index = await openPlaceIndex(join(state, 'places', `${git.name}.jsonl`))
  const globs = policies.flatMap((policy) => globsOf(policy, git.name))
  const paths = pathsIn(target.policies)
  const conditions = [globs, target.policies.map(({ pathScopes }) => pathScopes)]
  const memory = openScanMemory(join(state, 'places', `${git.name}.json`), conditions)
  const { withinMs } = git.reverts
  const onShortened = events.historyShortened
  return createReconciler({
    target,
    intervalMs: git.intervalMs,
    repository,
    scanner: createScanner(repository, index, fileMatcher(globs), paths, reachOf(globs), memory),
    reverts: createReverts({ repository, index, target, pathsIn: paths, withinMs, clock, onShortened }),
    jobs,
    message: git.message === undefined ? undefined : messageTemplate(git.message, git.name, git.branch),
    signOff: git.signOff,
    signer: git.signing && openSigner(git.signing),
    askProvenance: (image, digest, signal) => registry.describeManifest(image, digest, { signal }),
    clock,
    gateTime,
    random,
    onRetry: events.pushRetried,
    onUndelivered: (plan) => onUndelivered?.(target, plan),
  })
}

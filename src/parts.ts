import { join } from 'node:path'
import type { Configuration, GitConfig, PolicyConfig } from './config/configuration.js'
import { defaultRegistry } from './config/resolve.js'
import { repositoryKey } from './image/repository.js'
import type { Jobs } from './jobs/jobs.js'
import { standingKey } from './jobs/keys.js'
import type { Clock } from './lifecycle/clock.js'
import { createPolicy } from './policies/create.js'
import { createGates } from './policies/gates.js'
import type { Policy } from './policies/policy.js'
import { createWindow } from './policies/window.js'
import type { Events } from './telemetry/events.js'
import { DEFAULT_GLOBS, fileMatcher } from './updaters/files.js'
import { openGitRepository } from './updaters/git/open.js'
import { pathsIn } from './updaters/path-claims.js'
import { openPlaceIndex } from './updaters/place-index.js'
import { createReconciler, type Reconciler } from './updaters/reconcile.js'
import { createScanner } from './updaters/scan.js'
import type { UpdateTarget, WritingPolicy } from './updaters/target.js'
import type { CheckSignature } from './watchers/look.js'
import { createPoller, type Poller } from './watchers/poll.js'
import { ociRegistry } from './watchers/registry/oci.js'
import { politeRegistry } from './watchers/registry/polite.js'
import type { Registry } from './watchers/registry/registry.js'
import { openSignatureCheck, type SignatureTexts } from './watchers/signatures/open.js'
import { createVerifier } from './watchers/signatures/verify.js'
import { type Target, type Watch, type WatchedPolicy, watchesOf } from './watchers/watch.js'

/** What looks at registries and what writes to Git, made from one configuration. `run` and the one-shot commands share it. */
export interface Parts {
  /** By the canonical name of the repository. */
  readonly watches: ReadonlyMap<string, Watch>
  readonly poller: Poller
  readonly registry: Registry
  /** By the name of the Git repository. */
  readonly reconcilers: ReadonlyMap<string, Reconciler>
}

/** What everything is made with, so that tests drive time and chance. */
export interface Surroundings {
  readonly clock: Clock
  readonly random: () => number
  readonly events: Events
  readonly version: string
  /** The time that gates go by. Default: the clock's. */
  readonly gateTime?: (() => number) | undefined
}

/** Throws `GitError` `STATE` where the state folder cannot be used, and `SignatureError` where a trusted root cannot. */
export async function createParts(
  configuration: Configuration,
  jobs: Omit<Jobs, 'ping' | 'stop'>,
  { clock, random, events, version, gateTime }: Surroundings,
): Promise<Parts> {
  const settingsOf = (host: string) => configuration.registries[host] ?? defaultRegistry(host)
  const client = ociRegistry({
    hosts: settingsOf,
    proxies: configuration.proxies,
    clock,
    userAgent: `tidemark/${version}`,
    onRequest: events.registryRequested,
    onAllowance: events.registryAllowed,
  })
  const registry = politeRegistry(client, {
    concurrency: (host) => settingsOf(host).concurrency,
    clock,
    random,
    onRest: events.registryRested,
    onRecovery: events.registryRecovered,
  })
  const verify = createVerifier({ registry, clock, trustedRoot: { folder: join(configuration.state, 'sigstore') } })
  const shared: Shared = {
    policyOf: sharing((texts) => createPolicy(...texts)),
    matcherOf: sharing(fileMatcher),
    checkOf: sharing((texts) => openSignatureCheck(texts, verify)),
  }
  const watched: WatchedPolicy[] = []
  for (const policy of configuration.policies) watched.push(await watchedPolicy(policy, configuration, shared))
  const watches = watchesOf(watched)
  const reconcilers = new Map<string, Reconciler>()
  for (const git of Object.values(configuration.git)) {
    const target = updateTarget(git, configuration, shared)
    if (target.policies.length === 0) continue
    const folder = join(configuration.state, 'git')
    const repository = openGitRepository({
      url: git.url,
      ...(git.credentials !== undefined && { credentials: git.credentials }),
      stateFolder: folder,
      clock,
      onOperation: (operation) => events.gitOperated({ git: git.name, ...operation }),
    })
    const index = await openPlaceIndex(join(configuration.state, 'places', `${git.name}.jsonl`))
    const wanted = fileMatcher(configuration.policies.flatMap((policy) => globsOf(policy, git.name)))
    reconcilers.set(
      git.name,
      createReconciler({
        target,
        intervalMs: git.intervalMs,
        repository,
        scanner: createScanner(repository, index, wanted, pathsIn(target.policies)),
        jobs,
        askProvenance: (repository, digest, signal) => registry.describeManifest(repository, digest, { signal }),
        clock,
        gateTime,
        random,
        onRetry: events.pushRetried,
      }),
    )
  }
  return { watches, registry, reconcilers, poller: createPoller({ registry, jobs, events, clock, random, gateTime }) }
}

/** Thousands of policies often share a few rules and globs: what is made of equal ones is one object. */
interface Shared {
  readonly policyOf: (texts: Parameters<typeof createPolicy>) => Policy
  readonly matcherOf: (globs: readonly string[]) => WritingPolicy['writesTo']
  readonly checkOf: (texts: SignatureTexts) => Promise<CheckSignature>
}

function sharing<Config, Made>(make: (config: Config) => Made): (config: Config) => Made {
  const made = new Map<string, Made>()
  return (config) => {
    const text = JSON.stringify(config)
    const one = made.get(text) ?? make(config)
    made.set(text, one)
    return one
  }
}

async function watchedPolicy(
  policy: PolicyConfig,
  configuration: Configuration,
  { policyOf, checkOf }: Shared,
): Promise<WatchedPolicy> {
  const { name, image, repository, schedule, signature } = policy
  return {
    name,
    image,
    repository,
    schedule,
    rule: ruleOf(policy),
    policy: policyOf([policy.select, policy.tags]),
    gates: createGates(policy.demands),
    fallback: policy.fallback,
    follows: policy.digest === 'refresh' || 'digest' in policy.select,
    ageFrom: policy.ageFrom,
    checkSignature: signature && (await checkOf(signature)),
    after: afterKeys(policy, configuration),
    targets: targetsOf(policy, configuration),
  }
}

function targetsOf({ write }: PolicyConfig, { git }: Configuration): readonly Target[] {
  const targets = write.flatMap((entry) => {
    const target = git[entry.git]
    return target === undefined ? [] : [{ git: target.name, branch: target.branch }]
  })
  return [...new Map(targets.map((target) => [target.git, target])).values()]
}

/** The keys of what the policy has in Git that goes before this one. */
function afterKeys({ demands: { after } }: PolicyConfig, configuration: Configuration): readonly string[] {
  const first = configuration.policies.find(({ name }) => name === after?.policy)
  if (first === undefined) return []
  return targetsOf(first, configuration).map(({ git }) => standingKey(first.name, git))
}

function updateTarget(git: GitConfig, { policies }: Configuration, shared: Shared): UpdateTarget {
  const writes = ({ write }: PolicyConfig) => write.some((entry) => entry.git === git.name)
  const writing = policies.filter(writes)
  const others = policies.filter((policy) => !writes(policy))
  const followed = new Set(policies.flatMap(({ demands: { after } }) => after?.policy ?? []))
  return {
    git: git.name,
    branch: git.branch,
    author: git.author,
    policies: writing.map((policy) => writingPolicy(policy, git.name, shared, followed)),
    otherPolicies: new Set(others.map(({ name }) => name)),
  }
}

function writingPolicy(
  policy: PolicyConfig,
  git: string,
  { policyOf, matcherOf }: Shared,
  followed: ReadonlySet<string>,
): WritingPolicy {
  const rule = policyOf([policy.select, policy.tags])
  return {
    name: policy.name,
    image: policy.image,
    repository: policy.repository,
    rule: ruleOf(policy),
    writesTo: matcherOf(globsOf(policy, git)),
    ...followedPaths(policy, git, matcherOf),
    policy: rule,
    digest: policy.digest,
    downgrade: policy.downgrade,
    window: policy.window && createWindow(policy.window),
    tellsStanding: rule.needs === 'current' || followed.has(policy.name),
  }
}

/** Where a policy goes by paths, which leave its other files to discovery. */
function followedPaths({ write }: PolicyConfig, git: string, matcherOf: Shared['matcherOf']) {
  const entries = write.filter((entry) => entry.git === git)
  const pathScopes = entries.flatMap(({ files: globs = DEFAULT_GLOBS, paths }) =>
    paths === undefined ? [] : [{ globs, matches: matcherOf(globs), paths }],
  )
  if (pathScopes.length === 0) return {}
  const others = entries.filter(({ paths }) => paths === undefined)
  const discoversIn = matcherOf(others.flatMap(({ files = DEFAULT_GLOBS }) => files))
  return { pathScopes, discoversIn }
}

function globsOf({ write }: PolicyConfig, git: string): readonly string[] {
  return write.filter((entry) => entry.git === git).flatMap(({ files = DEFAULT_GLOBS }) => files)
}

/** What a selection depends on, as text: one that was made by another rule does not count. */
function ruleOf(policy: PolicyConfig): string {
  const { repository, select, tags, demands, signature, fallback, ageFrom } = policy
  const gates = Object.keys(demands).length === 0 ? undefined : { demands, signature, fallback, ageFrom }
  return JSON.stringify([repositoryKey(repository), select, ...(tags || gates ? [tags, gates] : [])])
}

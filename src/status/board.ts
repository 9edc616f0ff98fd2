import type { Jobs } from '../jobs/jobs.js'
import type { Selection } from '../jobs/payloads.js'
import { choicesOf, isMadeBy } from '../jobs/selection.js'
import { branchKey, type HostReport, type LookReport } from '../jobs/shown.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Registry } from '../watchers/registry/registry.js'
import type { Watch, WatchedPolicy } from '../watchers/watch.js'
import { type Branch, branchesIn, type ReadBranch } from './branches.js'
import type { Holds } from './holds.js'
import { judgedTags } from './judged-tags.js'
import { listenTo } from './listening.js'
import { policyState } from './policy-state.js'
import type { Recorder } from './recorder.js'
import type {
  CommitStatus,
  Overview,
  PolicyState,
  PolicyStatus,
  PolicySummary,
  QueueStatus,
  RegistryStatus,
  Status,
} from './status.js'
import { POLICY_STATES } from './status.js'
import { askTags } from './tags.js'

export interface BoardOptions {
  readonly version: string
  readonly clock: Clock
  readonly jobs: Pick<Jobs, 'selections' | 'sightings' | 'shown' | 'polls' | 'updates' | 'notices'>
  readonly holds: Pick<Holds, 'list'>
  readonly registry: Pick<Registry, 'listTags'>
  readonly recorder: Pick<Recorder, 'onWritten'>
  /** What is configured now. */
  readonly configured: () => Configured
  /** Takes secrets out of a text. */
  readonly clean: (text: string) => string
}

export interface Configured {
  /** By the canonical name of the repository. */
  readonly watches: ReadonlyMap<string, Watch>
  /** Those that are written to. */
  readonly branches: readonly Branch[]
  readonly warnings: readonly string[]
}

/** One overview serves all that ask within this time. */
const FRESH_MS = 1_000
/** Nobody reads more of them, and a repository may have a hundred thousand. */
const MOST_TAGS = 1_000

/** What all processes have noted, put together. Throws `JobsError` `UNAVAILABLE` where that cannot be read. */
export function createBoard(options: BoardOptions): Status {
  const { clock, jobs, configured, recorder, holds } = options
  const tagsOf = askTags(options)
  let known: Promise<Overview> | undefined

  return {
    overview() {
      if (known !== undefined) return known
      const overview = overviewOf(options)
      known = overview
      const forget = () => {
        if (known === overview) known = undefined
      }
      overview.catch(forget)
      clock.after(FRESH_MS, forget)
      return overview
    },

    async policy(name, signal) {
      const watch = [...configured().watches.values()].find(({ policies }) => policies.some((one) => one.name === name))
      const policy = watch?.policies.find((one) => one.name === name)
      if (watch === undefined || policy === undefined) return undefined
      const look = await jobs.shown.looks.get(watch.key)
      const [asked, sightings, held, reading] = await Promise.all([
        tagsOf(watch, signal, look?.outcome === 'changed' ? look.at : undefined),
        jobs.sightings.get(watch.key),
        holds.list(name),
        read(options, [watch]),
      ])
      const { selection } = viewOf(policy, watch, reading)
      const tags = 'tags' in asked ? judgedTags(policy.policy, asked.tags, selection, sightings) : undefined
      return {
        ...summaryOf(policy, watch, reading),
        ...(tags && { tags: tags.slice(0, MOST_TAGS), tagsLeftOut: Math.max(0, tags.length - MOST_TAGS) }),
        ...('error' in asked && { tagsError: asked.error }),
        placesFound: placesOf(policy, reading),
        history: historyOf(policy, reading),
        holds: held,
      }
    },

    onChange: listenTo({ clock, changes: jobs.shown.changes, recorder }),
  }
}

/** What was noted of some repositories, and of all branches. */
interface Reading {
  readonly selections: ReadonlyMap<string, Selection>
  readonly looks: ReadonlyMap<string, LookReport>
  /** By `branchKey`. */
  readonly branches: ReadonlyMap<string, ReadBranch>
}

async function read({ jobs, configured }: BoardOptions, watches: readonly Watch[]): Promise<Reading> {
  const names = watches.flatMap(({ policies }) => policies.map(({ name }) => name))
  const [selections, looks, branches] = await Promise.all([
    jobs.selections.getAll(names),
    jobs.shown.looks.getAll(watches.map(({ key }) => key)),
    branchesIn(jobs.shown, configured().branches),
  ])
  return { selections, looks, branches: new Map(branches.map((branch) => [branch.key, branch])) }
}

async function overviewOf(options: BoardOptions): Promise<Overview> {
  const { version, clock, jobs, configured } = options
  const { watches, warnings } = configured()
  const all = [...watches.values()]
  const reading = await read(options, all)
  const policies = all
    .flatMap((watch) => watch.policies.map((policy) => summaryOf(policy, watch, reading)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return {
    version,
    now: clock.now(),
    counts: countsOf(policies),
    policies,
    registries: await registriesOf(options, all, reading.looks),
    branches: [...reading.branches.values()].map(({ status }) => status),
    queues: await queuesOf(jobs),
    warnings,
  }
}

function countsOf(policies: readonly PolicySummary[]): Readonly<Record<PolicyState, number>> {
  const counts = Object.fromEntries(POLICY_STATES.map((state) => [state, 0])) as Record<PolicyState, number>
  for (const { state } of policies) counts[state] += 1
  return counts
}

function viewOf(policy: WatchedPolicy, watch: Watch, { selections, looks, branches }: Reading) {
  const last = selections.get(policy.name)
  return {
    selection: isMadeBy(policy, last) ? last : undefined,
    look: looks.get(watch.key),
    branches: policy.targets.map((target) => ({ target, read: branches.get(branchKey(target)) })),
  }
}

function summaryOf(policy: WatchedPolicy, watch: Watch, reading: Reading): PolicySummary {
  const { selection, look, branches } = viewOf(policy, watch, reading)
  const placed = branches.flatMap(({ read }) => read?.placed.get(policy.name) ?? [])
  const lastCommit = historyOf(policy, reading)[0]
  return {
    name: policy.name,
    image: policy.image,
    ...policyState(policy, { selection, look, branches }),
    current: distinct(placed.flatMap(({ current }) => current)),
    selected: distinct(selection === undefined ? [] : choicesOf(selection).flatMap(({ tag }) => tag ?? [])),
    places: placed.reduce((sum, { places }) => sum + places, 0),
    ...(look && { lastLook: lookShown(look) }),
    ...(lastCommit && { lastCommit }),
  }
}

function lookShown({ at, outcome, reason }: LookReport): NonNullable<PolicySummary['lastLook']> {
  return { at, outcome, ...(reason !== undefined && { reason }) }
}

function placesOf({ name, targets }: WatchedPolicy, { branches }: Reading): PolicyStatus['placesFound'] {
  return targets.flatMap((target) => branches.get(branchKey(target))?.placesOf(name) ?? [])
}

/** The newest first. */
function historyOf({ name, targets }: WatchedPolicy, { branches }: Reading): readonly CommitStatus[] {
  const commits = targets.flatMap((target) => branches.get(branchKey(target))?.historyOf(name) ?? [])
  return commits.sort((a, b) => b.at - a.at)
}

async function registriesOf(
  { jobs, clock }: BoardOptions,
  watches: readonly Watch[],
  looks: ReadonlyMap<string, LookReport>,
): Promise<readonly RegistryStatus[]> {
  const hosts = new Map<string, { repositories: number; failing: number }>()
  for (const { key, repository } of watches) {
    const host = hosts.get(repository.registry) ?? { repositories: 0, failing: 0 }
    host.repositories += 1
    if (looks.get(key)?.outcome === 'failed') host.failing += 1
    hosts.set(repository.registry, host)
  }
  const reports = await jobs.shown.hosts.getAll([...hosts.keys()])
  return [...hosts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([host, counts]) => ({ host, ...counts, ...hostShown(reports.get(host), clock.now()) }))
}

function hostShown(report: HostReport | undefined, now: number): Partial<RegistryStatus> {
  const { lastError, rest, remaining } = report ?? {}
  return {
    ...(lastError && { lastError }),
    ...(rest && rest.until > now && { restUntil: rest.until }),
    ...(remaining !== undefined && { remaining }),
  }
}

async function queuesOf({ polls, updates, notices }: BoardOptions['jobs']): Promise<readonly QueueStatus[]> {
  const queues = Object.entries({ polls, updates, notices })
  return Promise.all(queues.map(async ([name, queue]) => ({ name, ...(await queue.counts()) })))
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort()
}

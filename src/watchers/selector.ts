import { hash } from 'node:crypto'
import type { Tag } from '../image/tag.js'
import type { Jobs } from '../jobs/jobs.js'
import { standingKey } from '../jobs/keys.js'
import type { Choice, Selection, Standing } from '../jobs/payloads.js'
import { choicesOf, isMadeBy } from '../jobs/selection.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Events } from '../telemetry/events.js'
import { type Choices, type ChoicesOptions, chooseAll, chooseAllAgain, newsOf, selectionOf } from './choices.js'
import { mayChange } from './choose.js'
import { type Look, openLook } from './look.js'
import { nearestOthers } from './nearest-others.js'
import { RegistryError } from './registry/errors.js'
import type { ListedFacts, Registry } from './registry/registry.js'
import type { Watch, WatchedPolicy } from './watch.js'

export interface SelectorOptions {
  readonly registry: Pick<Registry, 'resolveDigest' | 'describeManifest'>
  readonly jobs: Pick<Jobs, 'selections' | 'sightings' | 'standings' | 'updates'>
  readonly events: Pick<Events, 'selected' | 'judged'>
  readonly clock: Clock
  /** The time that gates go by. Default: the clock's. */
  readonly gateTime?: (() => number) | undefined
}

/** What was listed. */
export interface Listed {
  readonly tags: readonly Tag[]
  readonly facts?: ReadonlyMap<Tag, ListedFacts> | undefined
}

/**
 * Selects for the policies of a repository, keeps what they selected, and orders the updates that come of it. Throws
 * `RegistryError` after all were tried: one policy whose tag cannot be resolved does not hold up the others.
 */
export interface Selector {
  /** Selects among all the tags. `complete` tells that nothing is left to be asked at the next look. */
  select(watch: Watch, listed: Listed, options: SelectOptions): Promise<{ readonly complete: boolean }>
  /** Selects once more where the list is unchanged, for those policies of which something else may have changed. It needs the tags where a selection is gone. */
  selectAgain(watch: Watch, signal: AbortSignal): Promise<{ readonly needsTags: boolean }>
  /** What stands in Git as far as the policies go by it, as text: a change of it makes what was selected out of date. */
  standingOf(watch: Watch): Promise<string>
}

export interface SelectOptions {
  readonly signal: AbortSignal
  /** Whether it is the first time in this process: what is selected is told then, though it is no news. */
  readonly isFirst: boolean
}

/** A policy with so many different tags in Git follows the first of them in alphabetical order. */
const MOST_CURRENTS = 100

export function createSelector({ registry, jobs, events, clock, gateTime = clock.now }: SelectorOptions): Selector {
  return {
    async select(watch, { tags, facts }, { signal, isFirst }) {
      let complete = true
      const selections = await selectionsOf(watch)
      await withLook(watch, { tags, listed: facts, signal }, watch.policies, selections, async (policy, options) => {
        const choices = await chooseAll(tags, options)
        if ('unfinished' in choices || choices.isProvisional) complete = false
        const { after } = await keep(policy, options.before, choices, isFirst ? 'all' : 'news')
        const judgement = { policy: policy.name, tags: tags.length, tag: after.tag }
        if (!policy.policy.needs) events.judged(judgement, () => nearestOthers(tags, after.tag, policy.policy))
        // What stands in Git is learned by the look that an update begins with.
        const isUnknown = goesByCurrent(policy) && options.currents.length === 0
        if (isUnknown || choicesOf(after).some(({ tag }) => tag !== undefined)) await order(policy)
      })
      return { complete }
    },

    async selectAgain(watch, signal) {
      const selections = await selectionsOf(watch)
      // Lost, or another process has another image under the policy's name.
      if (!watch.policies.every((policy) => isMadeBy(policy, selections.get(policy.name)))) return { needsTags: true }
      const policies = watch.policies.filter(({ gates, follows }) => follows || gates.length > 0)
      let needsTags = false
      if (policies.length === 0) return { needsTags }
      await withLook(watch, { signal }, policies, selections, async (policy, options) => {
        const { before } = options
        if (before === undefined || !choicesOf(before).some((choice) => mayChange(choice, policy))) return
        const choices = await chooseAllAgain(before, options)
        if (choices === undefined) needsTags = true
        else if ((await keep(policy, before, choices, 'news')).isNews) await order(policy)
      })
      return { needsTags }
    },

    async standingOf(watch) {
      const texts: string[] = []
      for (const policy of watch.policies) {
        if (!goesByCurrent(policy) && policy.after.length === 0) continue
        texts.push(standingText(policy, await standingsOf(policy)))
      }
      return texts.join('\n')
    },
  }

  /** Hands each policy what it chooses with, one after the other, and keeps what was learned whatever happens. */
  async function withLook(
    { key, repository }: Watch,
    listed: Pick<Parameters<typeof openLook>[0], 'tags' | 'listed' | 'signal'>,
    policies: readonly WatchedPolicy[],
    selections: ReadonlyMap<string, Selection>,
    work: (policy: WatchedPolicy, options: ChoicesOptions) => Promise<void>,
  ): Promise<void> {
    const look = openLook({ registry, sightings: jobs.sightings, key, repository, now: clock.now, ...listed })
    const failures: unknown[] = []
    try {
      for (const policy of policies) {
        try {
          await work(policy, await optionsFor(policy, look, selections.get(policy.name)))
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error
          failures.push(error)
        }
      }
    } finally {
      await look.save()
    }
    if (failures.length > 0) throw failures[0]
  }

  function selectionsOf({ policies }: Watch): Promise<ReadonlyMap<string, Selection>> {
    return jobs.selections.getAll(policies.map(({ name }) => name))
  }

  async function optionsFor(policy: WatchedPolicy, look: Look, last: Selection | undefined): Promise<ChoicesOptions> {
    const before = isMadeBy(policy, last) ? last : undefined
    const standings = await standingsOf(policy)
    return { policy, before, look, standings, currents: currentsIn(standings, policy), now: gateTime }
  }

  async function standingsOf(policy: WatchedPolicy): Promise<ReadonlyMap<string, Standing>> {
    const own = goesByCurrent(policy) ? ownStandings(policy) : []
    return jobs.standings.getAll([...own, ...policy.after])
  }

  /** Keeps a selection and tells it where it is news, and says whether it is. */
  async function keep(
    policy: WatchedPolicy,
    before: Selection | undefined,
    choices: Choices,
    told: 'all' | 'news',
  ): Promise<{ readonly after: Selection; readonly isNews: boolean }> {
    const after = selectionOf(policy, before, choices, clock.now())
    const isNews = newsOf(after) !== newsOf(before)
    if (isNews) await jobs.selections.set(policy.name, after)
    if (isNews || told === 'all') tell(policy, after, before)
    return { after, isNews }
  }

  function tell({ name, image }: WatchedPolicy, after: Selection, before: Selection | undefined): void {
    const choices: readonly (readonly [Tag | undefined, Choice])[] =
      after.byCurrent === undefined ? [[before?.tag, after]] : Object.entries(after.byCurrent)
    for (const [previous, { tag, reason, block }] of choices) {
      // What stands in Git and is the best like it is no news.
      if (after.byCurrent !== undefined && tag === previous) continue
      events.selected({ policy: name, image, tag, previous, reason, waits: block?.reason })
    }
  }

  async function order({ targets }: WatchedPolicy): Promise<void> {
    for (const target of targets) await jobs.updates.add({ version: 1, ...target })
  }
}

function goesByCurrent({ policy }: WatchedPolicy): boolean {
  return policy.needs === 'current'
}

function ownStandings(policy: WatchedPolicy): readonly string[] {
  return policy.targets.map((target) => standingKey(policy, target))
}

function currentsIn(standings: ReadonlyMap<string, Standing>, policy: WatchedPolicy): readonly Tag[] {
  const tags = ownStandings(policy).flatMap((key) => standings.get(key)?.tags ?? [])
  return [...new Set(tags)].sort().slice(0, MOST_CURRENTS)
}

/** Of the policy that goes first, a digest: it has had many tags. */
function standingText(policy: WatchedPolicy, standings: ReadonlyMap<string, Standing>): string {
  const stays = policy.after.map((key) => [key, standings.get(key)?.stays])
  const followed = policy.after.length === 0 ? [] : [hash('sha256', JSON.stringify(stays))]
  return [policy.name, ...currentsIn(standings, policy), ...followed].join(' ')
}

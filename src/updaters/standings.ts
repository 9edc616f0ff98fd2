import { groupBy } from '../group-by.js'
import { repositoryKey } from '../image/repository.js'
import type { Jobs } from '../jobs/jobs.js'
import { standingKey } from '../jobs/keys.js'
import type { JudgedPlace } from './judgement.js'
import { type CompareTags, isSameStanding, standingAfter } from './standing.js'
import type { UpdateTarget, WritingPolicy } from './target.js'

export interface StandingsOptions {
  readonly target: UpdateTarget
  readonly jobs: Pick<Jobs, 'standings' | 'polls'>
  readonly now: () => number
}

/** What stands at a place. */
export type Standpoint = Pick<JudgedPlace, 'policy' | 'tag'>

/** Tells those who select by it what stands in a branch, and orders a look where a selection depends on what has changed. */
export async function tellStandings(
  places: readonly Standpoint[],
  compareFor: (policy: WritingPolicy) => CompareTags,
  { target, jobs, now }: StandingsOptions,
): Promise<void> {
  const telling = target.policies.filter(({ tellsStanding }) => tellsStanding)
  const keyOf = (policy: WritingPolicy) => standingKey(policy, target)
  const known = await jobs.standings.getAll(telling.map(keyOf))
  const placesOf = groupBy(places, ({ policy }) => policy)
  for (const policy of telling) {
    const before = known.get(keyOf(policy))
    const tags = (placesOf.get(policy.name) ?? []).flatMap(({ tag }) => tag ?? [])
    const after = standingAfter(before, tags, now(), compareFor(policy))
    if (isSameStanding(before, after)) continue
    await jobs.standings.set(keyOf(policy), after)
    const isAnother = before?.tags.join(' ') !== after.tags.join(' ')
    if (policy.policy.needs !== 'current' || !isAnother) continue
    await jobs.polls.add({ version: 1, repository: repositoryKey(policy.repository), trigger: 'event' })
  }
}

import type { Tag } from '../image/tag.js'
import type { Standing } from '../jobs/payloads.js'

/** Positive where `a` ranks above `b`; undefined where that cannot be said. */
export type CompareTags = (a: Tag, b: Tag) => number | undefined

/** Of a policy: those before are of no use to whoever follows it. */
const MOST_STAYS = 50

/**
 * What a policy has in a branch, now that these tags stand at its places. A stay ends when another tag takes its place. It
 * counts no more when that one does not rank higher: then somebody has taken the tag back. Pure; `now` in milliseconds since
 * the Unix epoch.
 */
export function standingAfter(
  before: Standing | undefined,
  tags: readonly Tag[],
  now: number,
  compare: CompareTags,
): Standing {
  const distinct = [...new Set(tags)].sort()
  const [only] = distinct.length === 1 ? distinct : []
  const ended = (before?.stays ?? []).map(({ tag, since, until = tag === only ? undefined : now }) => ({
    tag,
    // A clock that was ahead, and is right again, must not keep anybody waiting, nor have made a stay longer than it was.
    since: Math.min(since, now),
    ...(until !== undefined && { until: Math.min(until, now) }),
  }))
  const isTakenBack = (tag: Tag) => distinct.some((stands) => stands !== tag && !((compare(stands, tag) ?? -1) > 0))
  const kept = ended.filter(({ tag }) => !isTakenBack(tag))
  const isOpen = kept.some(({ until }) => until === undefined)
  const stays = only === undefined || isOpen ? kept : [{ tag: only, since: now }, ...kept]
  return { version: 1, tags: distinct, stays: stays.slice(0, MOST_STAYS) }
}

export function isSameStanding(a: Standing | undefined, b: Standing): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

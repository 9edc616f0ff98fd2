import { hash } from 'node:crypto'
import { groupBy } from '../group-by.js'
import type { HeldNotice, Notice, Told } from '../jobs/notices.js'

/** A place that does not get the selected tag, and somebody should know. */
export type StuckPlace = Omit<HeldNotice, 'type' | 'at' | 'git' | 'branch' | 'places'>

export interface LookedAt {
  readonly git: string
  readonly branch: string
  readonly stuck: readonly StuckPlace[]
  /** Policies of which nothing is known now: what was told of them stays told. */
  readonly unknown: ReadonlySet<string>
}

export interface News {
  readonly policy: string
  readonly notice: Notice
}

/** Beyond that they are told again and again, rather than that the record grows without end. */
const MOST_REMEMBERED = 5_000

/**
 * What is new of a branch that was brought up to date, compared to what was told of it `before`, and what is told of it `after`
 * that. Places of one policy with one reason are one piece of news. Pure; `now` in milliseconds since the Unix epoch.
 */
export function newsOf(
  before: Told | undefined,
  { git, branch, stuck, unknown }: LookedAt,
  now: number,
): { readonly news: readonly News[]; readonly after: Told } {
  const known = new Map(Object.entries(before?.places ?? {}))
  const groups = groupBy(stuck, ({ policy, state, reason }) => digestOf([policy, state, reason]))
  const news: News[] = []
  for (const [key, [first, ...others]] of groups) {
    if (first === undefined || known.has(key)) continue
    const notice = { ...first, type: 'held', at: now, git, branch, places: others.length + 1 } as const
    news.push({ policy: first.policy, notice })
  }
  const isFailing = new Set(stuck.flatMap(({ policy, state }) => (state === 'failing' ? [policy] : [])))
  const wasFailing = new Set([...known.values()].flatMap(({ policy, state }) => (state === 'failing' ? [policy] : [])))
  for (const policy of wasFailing) {
    if (isFailing.has(policy) || unknown.has(policy)) continue
    news.push({ policy, notice: { type: 'recovered', at: now, what: 'place', git, branch, policies: [policy] } })
  }
  return { news, after: { version: 1, failing: false, places: remembered(known, groups, unknown) } }
}

export const NOTHING_TOLD: Told = { version: 1, failing: false, places: {} }

export function isSameTold(a: Told | undefined, b: Told): boolean {
  return JSON.stringify(a ?? NOTHING_TOLD) === JSON.stringify(b)
}

/** In one order, so that what is the same is the same text. */
function remembered(
  known: ReadonlyMap<string, Told['places'][string]>,
  groups: ReadonlyMap<string, readonly StuckPlace[]>,
  unknown: ReadonlySet<string>,
): Told['places'] {
  const kept = [...known].filter(([, { policy }]) => unknown.has(policy))
  const standing = [...groups].flatMap(([key, [first]]) =>
    first === undefined ? [] : [[key, { policy: first.policy, state: first.state }] as const],
  )
  const entries = [...new Map([...kept, ...standing])].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.slice(0, MOST_REMEMBERED))
}

function digestOf(texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts)).slice(0, 16)
}

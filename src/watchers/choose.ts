import type { Tag } from '../image/tag.js'
import { candidatesOf } from '../jobs/choice.js'
import type { Choice } from '../jobs/payloads.js'
import { type Candidate, decide, selectedOf } from '../policies/decide.js'
import type { Facts, Stay } from '../policies/gate.js'
import type { Given } from '../policies/policy.js'
import type { Look } from './look.js'
import type { WatchedPolicy } from './watch.js'

/** What a policy selects, without when it was first selected. */
export type Chosen = Omit<Choice, 'firstSeenAt'>

export interface ChooseOptions {
  readonly policy: WatchedPolicy
  /** What was chosen last. */
  readonly before: Choice | undefined
  readonly look: Look
  /** When the policy that goes first has had a tag, for each branch that it writes to. */
  readonly staysOf: (tag: Tag) => readonly (readonly Stay[])[]
  /** The time that gates go by. */
  readonly now: () => number
}

/** Of those that rank below the best one: a policy whose twenty best tags do not pass waits for one of them. */
const MOST_CANDIDATES = 20

/** Chooses among all the tags. Throws `RegistryError`. */
export async function choose(tags: readonly Tag[], given: Given, options: ChooseOptions): Promise<Chosen> {
  const ranked = rankedOf(tags, given, options.policy)
  if (ranked.length === 0) return { reason: noneQualifies(tags.length, given) }
  return chooseAmong(ranked, options)
}

/**
 * Chooses once more among the tags that were looked at last, whose list is unchanged. Undefined where that takes more of them:
 * one that had passed does not any more. Throws `RegistryError`.
 */
export async function chooseAgain(before: Choice, options: ChooseOptions): Promise<Chosen | undefined> {
  if (before.tag === undefined) return { reason: before.reason }
  const ranked = candidatesOf(before).map(({ tag }) => tag)
  const chosen = await chooseAmong(ranked, options)
  const needsMore = options.policy.fallback && chosen.block !== undefined && before.block === undefined
  return needsMore ? undefined : chosen
}

/** Whether a choice may change although the list of tags does not. */
export function mayChange(choice: Choice, { follows }: WatchedPolicy): boolean {
  return follows || choice.block !== undefined || choice.others !== undefined
}

function rankedOf(tags: readonly Tag[], given: Given, { policy, gates, fallback }: WatchedPolicy): readonly Tag[] {
  if (!fallback || gates.length === 0) {
    const best = policy.select(tags, given)
    return best === undefined ? [] : [best]
  }
  const qualifying = policy.judge(tags, given).filter(({ verdict }) => verdict !== 'rejected')
  return qualifying.slice(0, MOST_CANDIDATES).map(({ tag }) => tag)
}

async function chooseAmong(ranked: readonly Tag[], options: ChooseOptions): Promise<Chosen> {
  const { policy, before, look } = options
  const candidates = await leadThrough(ranked, options)
  const selected = selectedOf(candidates)
  if (selected === undefined) throw new RangeError(`Cannot choose for "${policy.name}": no tag to choose from`)
  const others = candidates.filter((candidate) => candidate !== selected)
  const isKnown = before?.tag === selected.tag && !policy.follows
  const { tag, block, digest = (isKnown ? before.digest : undefined) ?? (await look.digestOf(tag)) } = selected
  return {
    tag,
    digest,
    ...(block !== undefined && { block }),
    ...(others.length > 0 && { others: others.flatMap(blocked) }),
  }
}

async function leadThrough(
  ranked: readonly Tag[],
  { policy, look, staysOf, now }: ChooseOptions,
): Promise<readonly Candidate[]> {
  const learned = new Map<Tag, Facts>()
  const factsOf = (tag: Tag) => ({ ...learned.get(tag), stays: staysOf(tag) })
  for (;;) {
    const decision = decide(ranked, policy.gates, factsOf, now())
    if ('candidates' in decision) return decision.candidates
    const { tag, question } = decision
    learned.set(tag, { ...learned.get(tag), ...(await look.learn(tag, question.asks, policy)) })
  }
}

function blocked({ block, ...candidate }: Candidate) {
  return block === undefined ? [] : [{ ...candidate, block }]
}

function noneQualifies(tags: number, { current }: Given): string {
  if (tags === 0) return 'the repository has no tags'
  return `none of the ${tags} tags qualifies${current === undefined ? '' : ` to follow ${current}`}`
}

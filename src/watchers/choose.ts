import { setImmediate as turn } from 'node:timers/promises'
import type { Tag } from '../image/tag.js'
import type { Choice } from '../jobs/payloads.js'
import { candidatesOf } from '../jobs/selection.js'
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

/** A policy whose hundred best tags do not pass waits for one of them. */
const MOST_CANDIDATES = 100

/** Of a policy that falls back, at one look. The next one goes on. */
const MOST_ASKED = 20

/** To go through so many takes a millisecond or more, for each policy and each tag that stands in Git: others have their turn between. */
const MANY_TAGS = 1_000

/** Provisional where not all was asked that may matter. */
export interface Outcome {
  readonly chosen: Chosen
  readonly isProvisional: boolean
}

/** Chooses among all the tags. Throws `RegistryError`. */
export async function choose(tags: readonly Tag[], given: Given, options: ChooseOptions): Promise<Outcome> {
  if (tags.length >= MANY_TAGS) await turn()
  const ranked = rankedOf(tags, given, options.policy)
  if (ranked.length > 0) return chooseAmong(ranked, options)
  return { chosen: { reason: noneQualifies(tags.length, given) }, isProvisional: false }
}

/**
 * Chooses once more among the tags that were looked at last, whose list is unchanged. Undefined where that takes more of them:
 * one that had passed does not any more, or not all was asked. Throws `RegistryError`.
 */
export async function chooseAgain(before: Choice, options: ChooseOptions): Promise<Chosen | undefined> {
  if (before.tag === undefined) return { reason: before.reason }
  const ranked = candidatesOf(before).map(({ tag }) => tag)
  const { chosen, isProvisional } = await chooseAmong(ranked, options)
  const hasPassed = options.policy.fallback && chosen.block !== undefined && before.block === undefined
  return hasPassed || isProvisional ? undefined : chosen
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

async function chooseAmong(ranked: readonly Tag[], options: ChooseOptions): Promise<Outcome> {
  const { policy, before, look } = options
  const { candidates, isProvisional } = await leadThrough(ranked, options)
  const selected = selectedOf(candidates)
  if (selected === undefined) throw new RangeError(`Cannot choose for "${policy.name}": no tag to choose from`)
  const others = candidates.filter((candidate) => candidate !== selected)
  const isKnown = before?.tag === selected.tag && !policy.follows
  const { tag, block, digest = (isKnown ? before.digest : undefined) ?? (await look.digestOf(tag)) } = selected
  const chosen = {
    tag,
    digest,
    ...(block !== undefined && { block }),
    ...(others.length > 0 && { others: others.flatMap(blocked) }),
  }
  return { chosen, isProvisional }
}

interface Led {
  readonly candidates: readonly Candidate[]
  readonly isProvisional: boolean
}

async function leadThrough(ranked: readonly Tag[], { policy, look, staysOf, now }: ChooseOptions): Promise<Led> {
  const learned = new Map<Tag, Facts>()
  // The best one is asked at every look, so that it waits anew from when it is moved. The others may be many.
  const [best, ...others] = ranked
  const lastKnown = others.length === 0 ? undefined : await look.lastKnown(policy)
  const factsOf = (tag: Tag) => ({
    ...learned.get(tag),
    seenSinceAtMost: tag === best ? undefined : lastKnown?.get(tag),
    stays: staysOf(tag),
  })
  let led = ranked
  // Only ages that are known from now on spare the next look its questions: without any it would come as far as this one.
  let hasProgressed = false
  for (;;) {
    const decision = decide(led, policy.gates, factsOf, now())
    if ('candidates' in decision) {
      return { candidates: decision.candidates, isProvisional: led !== ranked && hasProgressed }
    }
    const { tag, question } = decision
    if (learned.has(tag) || learned.size < MOST_ASKED) {
      hasProgressed ||= question.asks === 'seenSince' && lastKnown?.has(tag) === false
      learned.set(tag, { ...learned.get(tag), ...(await look.learn(tag, question.asks, policy)) })
    } else {
      led = led.slice(0, led.indexOf(tag))
    }
  }
}

function blocked({ block, ...candidate }: Candidate) {
  return block === undefined ? [] : [{ ...candidate, block }]
}

function noneQualifies(tags: number, { current }: Given): string {
  if (tags === 0) return 'the repository has no tags'
  return `none of the ${tags} tags qualifies${current === undefined ? '' : ` to follow ${current}`}`
}

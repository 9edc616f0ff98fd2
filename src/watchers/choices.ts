import { repositoryKey } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import type { Choice, Selection, Standing } from '../jobs/payloads.js'
import { choiceFor, choicesOf } from '../jobs/selection.js'
import type { Stay } from '../policies/gate.js'
import { type ChooseOptions, type Chosen, choose, chooseAgain, type Outcome } from './choose.js'
import type { Look } from './look.js'
import type { WatchedPolicy } from './watch.js'

export interface ChoicesOptions {
  readonly policy: WatchedPolicy
  /** The last selection, where it was made by the same rule of the same repository. */
  readonly before: Selection | undefined
  readonly look: Look
  /** What policies have had in Git, by the keys of standings. */
  readonly standings: ReadonlyMap<string, Standing>
  /** The tags that stand at the policy's own places, for a policy that goes by them. */
  readonly currents: readonly Tag[]
  /** The time that gates go by. */
  readonly now: () => number
}

/** What one look makes of a selection. */
export type Choices =
  /** Provisional: tags were passed over that may qualify at the next look. */
  | { readonly chosen: Chosen; readonly isProvisional?: boolean }
  | { readonly byCurrent: ReadonlyMap<Tag, Chosen>; readonly isProvisional?: boolean }
  /** Not all was asked yet that must be known. The next look goes on. */
  | { readonly unfinished: string }

/** Chooses for a policy, once, or once for each tag that stands in Git. Throws `RegistryError`. */
export async function chooseAll(tags: readonly Tag[], options: ChoicesOptions): Promise<Choices> {
  const { policy, before, look, currents } = options
  switch (policy.policy.needs) {
    case 'current': {
      const outcomes = new Map<Tag, Outcome>()
      for (const current of currents) {
        outcomes.set(current, await choose(tags, { current }, chooseOptions(options, choiceFor(before, current))))
      }
      return {
        byCurrent: new Map([...outcomes].map(([current, { chosen }]) => [current, chosen])),
        isProvisional: [...outcomes.values()].some(({ isProvisional }) => isProvisional),
      }
    }
    case 'creation': {
      const wanted = tags.filter(policy.policy.considers)
      const { createdAt, left, dangling } = await look.creationOf(wanted)
      if (left > 0) {
        return { unfinished: `${createdAt.size} of ${wanted.length} tags have been asked when they were created` }
      }
      const { chosen, isProvisional } = await choose(tags, { createdAt }, chooseOptions(options, before))
      return { chosen, isProvisional: isProvisional || dangling > 0 }
    }
    default:
      return choose(tags, {}, chooseOptions(options, before))
  }
}

/** Chooses once more where the list of tags is unchanged. Undefined where that takes the tags. Throws `RegistryError`. */
export async function chooseAllAgain(before: Selection, options: ChoicesOptions): Promise<Choices | undefined> {
  if (before.byCurrent === undefined) {
    const chosen = await chooseAgain(before, chooseOptions(options, before))
    return chosen && { chosen }
  }
  const byCurrent = new Map<Tag, Chosen>()
  for (const [current, choice] of Object.entries(before.byCurrent)) {
    const chosen = await chooseAgain(choice, chooseOptions(options, choice))
    if (chosen === undefined) return undefined
    byCurrent.set(current, chosen)
  }
  return { byCurrent }
}

/** The selection that choices make, in which a choice that stays the same keeps when it was first made. */
export function selectionOf(
  { rule, repository }: WatchedPolicy,
  before: Selection | undefined,
  choices: Choices,
  now: number,
): Selection {
  const first = { version: 1, repository: repositoryKey(repository), rule, firstSeenAt: now } as const
  if ('unfinished' in choices) return before ?? { ...first, reason: choices.unfinished }
  if ('chosen' in choices) return { ...first, ...choiceOf(choices.chosen, before, now) }
  const byCurrent = [...choices.byCurrent].map(
    ([current, chosen]) => [current, choiceOf(chosen, choiceFor(before, current), now)] as const,
  )
  return { ...first, reason: 'it goes by what stands in Git', byCurrent: Object.fromEntries(byCurrent) }
}

/** What of a selection is news when it changes, as text. */
export function newsOf(selection: Selection | undefined): string {
  if (selection === undefined) return ''
  const news = choicesOf(selection).map(({ firstSeenAt: _, ...choice }) => choice)
  return JSON.stringify([Object.keys(selection.byCurrent ?? {}), news])
}

function choiceOf(chosen: Chosen, before: Choice | undefined, now: number): Choice {
  const isSame = before !== undefined && before.tag === chosen.tag && before.digest === chosen.digest
  return { ...chosen, firstSeenAt: isSame ? before.firstSeenAt : now }
}

function chooseOptions(options: ChoicesOptions, before: Choice | undefined): ChooseOptions {
  const { policy, look, standings, now } = options
  return { policy, before, look, now, staysOf: (tag) => policy.after.map((key) => staysIn(standings.get(key), tag)) }
}

/** A branch of which nothing is known has not had the tag. */
function staysIn(standing: Standing | undefined, tag: Tag): readonly Stay[] {
  return (standing?.stays ?? []).filter((stay) => stay.tag === tag)
}

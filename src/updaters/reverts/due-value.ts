import { groupBy } from '../../group-by.js'
import type { Choice, Selection } from '../../jobs/payloads.js'
import { choiceFor } from '../../jobs/selection.js'
import { judge } from '../judge.js'
import type { JudgedPlace, Known } from '../judgement.js'
import type { ScannedFile } from '../scan.js'
import type { UpdateTarget, WritingPolicy } from '../target.js'
import type { TagAndDigest } from '../value-at.js'

/** What one policy is about to write to one file: the tag of some places, and the digest that stands beside it at others. */
export interface DueValue {
  readonly policy: WritingPolicy
  readonly file: string
  readonly value: TagAndDigest
  readonly places: readonly JudgedPlace[]
  /** Whether a tag, a digest or both mean the value. */
  means(text: string): boolean
  /** At how many places of a file the value stands. */
  countIn(file: ScannedFile | undefined): number
}

/** Puts together the places that have to be judged together: tag and digest never diverge. */
export function dueValues(due: readonly JudgedPlace[], target: UpdateTarget, known: Known): readonly DueValue[] {
  const policies = new Map(target.policies.map((policy) => [policy.name, policy]))
  const otherPolicies = new Set([...target.otherPolicies, ...policies.keys()])
  const choices = due.flatMap((place) => {
    const policy = policies.get(place.policy)
    const selection = known.selections.get(place.policy)
    const choice = choiceFor(selection, place.tag)
    return policy && selection && choice ? [{ place, policy, selection, choice }] : []
  })
  const groups = groupBy(choices, ({ place: { policy, file }, choice: { tag, digest } }) =>
    JSON.stringify([policy, file, tag, digest]),
  )
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { place, policy, selection, choice } = first
    const places = group.map((one) => one.place)
    const texts = new Set(places.map(({ desired }) => desired))
    return {
      policy,
      file: place.file,
      value: { tag: choice.tag, digest: choice.digest },
      places,
      means: (text) => texts.has(text) || isMeant(text, choice, policy),
      countIn(file) {
        const selections = new Map([[policy.name, asAlways(selection, choice)]])
        const judged = judge(
          file ? [file] : [],
          { ...target, policies: [goingByTag(policy)], otherPolicies },
          { ...known, selections },
        )
        return judged.places.filter(({ state }) => state === 'current').length
      },
    }
  })
}

function isMeant(text: string, { tag, digest }: TagAndDigest, policy: WritingPolicy): boolean {
  if (text === digest) return true
  const at = text.indexOf('@')
  if (tag === undefined || (at === -1 ? text : text.slice(0, at)) !== tag) return false
  // Elsewhere a tag that was moved is not written again where it stands.
  return policy.digest !== 'refresh' || at === -1 || digest === undefined || text.slice(at + 1) === digest
}

/** Whether the digest stands there, too, is no matter but where another digest is something newer. */
function goingByTag(policy: WritingPolicy): WritingPolicy {
  return policy.digest === 'refresh' ? policy : { ...policy, digest: 'none' }
}

/** As if the policy had selected it whatever stands in Git. */
function asAlways(selection: Selection, { tag, digest, firstSeenAt }: Choice): Selection {
  const { version, repository, rule } = selection
  return { version, repository, rule, tag, digest, firstSeenAt }
}

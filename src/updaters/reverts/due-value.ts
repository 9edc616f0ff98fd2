import { groupBy } from '../../group-by.js'
import { isDigest } from '../../image/digest.js'
import type { Choice, Selection } from '../../jobs/payloads.js'
import { choiceFor } from '../../jobs/selection.js'
import { judge } from '../judge.js'
import type { JudgedPlace, Known } from '../judgement.js'
import type { ScannedFile } from '../scan.js'
import type { UpdateTarget, WritingPolicy } from '../target.js'
import { currentAt, type TagAndDigest } from '../value-at.js'

/** What one policy is about to write to one file: the tag of some places, and the digest that stands beside it at others. */
export interface DueValue {
  readonly policy: WritingPolicy
  readonly file: string
  readonly value: TagAndDigest
  /** When it was first selected, in milliseconds since the Unix epoch. */
  readonly firstSeenAt: number
  readonly places: readonly JudgedPlace[]
  /** Whether the tag stands there and only lacks the digest that the policy wants. */
  readonly isDigestOnly: boolean
  /** Whether a tag, a digest or both mean the value. */
  means(text: string): boolean
  /** At how many places of a file the value stands. Comments may give them to the policy by names that it had once. */
  countIn(file: ScannedFile | undefined, formerNames: readonly string[]): number
  /** At how many the tag does, with or without the digest. */
  countTagIn(file: ScannedFile | undefined, formerNames: readonly string[]): number
  /** Whether it stands anywhere in a file, be it another policy's place. */
  isNamedIn(file: ScannedFile | undefined): boolean
  /** The same of another value that was written in its place, by its text. Undefined where that ranks lower. */
  of(text: string): DueValue | undefined
}

/** Puts together the places that have to be judged together: tag and digest never diverge. */
export function dueValues(due: readonly JudgedPlace[], target: UpdateTarget, known: Known): readonly DueValue[] {
  const policies = new Map(target.policies.map((policy) => [policy.name, policy]))
  const otherPolicies = new Set([...target.otherPolicies, ...policies.keys()])
  const choices = due.flatMap((place) => {
    const policy = policies.get(place.policy)
    const selection = known.selections.get(place.policy)
    const choice = choiceFor(selection, place.tag)
    if (policy === undefined || selection === undefined || choice === undefined) return []
    return [{ place, policy, selection, choice, isDigestOnly: policy.digest === 'pin' && place.tag === choice.tag }]
  })
  const groups = groupBy(choices, ({ place: { policy, file }, choice: { tag, digest }, isDigestOnly }) =>
    JSON.stringify([policy, file, tag, digest, isDigestOnly]),
  )
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [dueValue({ ...first, places: group.map(({ place }) => place) })]
  })

  function dueValue({ policy, selection, choice, isDigestOnly, places }: Due): DueValue {
    const file = places[0]?.file ?? ''
    const texts = new Set(places.map(({ desired }) => desired))
    const countAs = (judging: WritingPolicy, scanned: ScannedFile | undefined, formerNames: readonly string[]) => {
      const policies = [judging, ...formerNames.map((name) => byCommentOnly(judging, name))]
      const selections = new Map(policies.map(({ name }) => [name, asAlways(selection, choice)]))
      const options = { ...target, policies, otherPolicies }
      const judged = judge(scanned ? [scanned] : [], options, { ...known, selections })
      return judged.places.filter(({ state }) => state === 'current').length
    }
    const means = (text: string) => texts.has(text) || isMeant(text, choice, policy)
    return {
      policy,
      file,
      value: { tag: choice.tag, digest: choice.digest },
      firstSeenAt: choice.firstSeenAt,
      places,
      isDigestOnly,
      means,
      countIn: (scanned, names) => countAs(isDigestOnly ? policy : goingByTag(policy), scanned, names),
      countTagIn: (scanned, names) => countAs({ ...policy, digest: 'none' }, scanned, names),
      isNamedIn: (scanned) => scanned?.scan.places.some((place) => means(currentAt(place))) ?? false,
      of(text) {
        const other = { ...valueIn(text), firstSeenAt: choice.firstSeenAt }
        if (other.tag === undefined || choice.tag === undefined) return undefined
        if ((known.compareFor(policy)(other.tag, choice.tag) ?? 0) < 0) return undefined
        const otherPlaces = places.map((place) => ({ ...place, desired: text }))
        return dueValue({ policy, selection, choice: other, isDigestOnly: false, places: otherPlaces })
      },
    }
  }
}

interface Due {
  readonly policy: WritingPolicy
  readonly selection: Selection
  readonly choice: Choice
  readonly isDigestOnly: boolean
  readonly places: readonly JudgedPlace[]
}

/** Of `tag`, `tag@digest` or a digest. */
function valueIn(text: string): TagAndDigest {
  const at = text.indexOf('@')
  if (at !== -1) return { tag: text.slice(0, at), digest: text.slice(at + 1) }
  return isDigest(text) ? { digest: text } : { tag: text }
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

/** The policy by another name, which has the places whose comments say so and no others. */
function byCommentOnly(policy: WritingPolicy, name: string): WritingPolicy {
  return { ...policy, name, discoversIn: () => false, pathScopes: [] }
}

/** As if the policy had selected it whatever stands in Git. */
function asAlways(selection: Selection, { tag, digest, firstSeenAt }: Choice): Selection {
  const { version, repository, rule } = selection
  return { version, repository, rule, tag, digest, firstSeenAt }
}

import type { Digest } from '../image/digest.js'
import type { Tag } from '../image/tag.js'
import type { Choice, Selection, Sightings } from '../jobs/payloads.js'
import { candidatesOf } from '../jobs/selection.js'
import { explainTags } from '../policies/explain.js'
import type { Given, Policy, Verdict } from '../policies/policy.js'

export interface JudgedTag extends Verdict {
  /** Where it was asked for. */
  readonly digest?: Digest
  /** Since when the tag has been known to have the digest, in milliseconds since the Unix epoch, where that is kept. */
  readonly seenSince?: number
  readonly createdAt?: number
}

/** Every tag with what a policy's last selection says of it, the best first. */
export function judgedTags(
  policy: Policy,
  tags: readonly Tag[],
  selection: Selection | undefined,
  sightings: Sightings | undefined,
): readonly JudgedTag[] {
  const seen = new Map(Object.entries(sightings?.tags ?? {}))
  const createdAt = new Map([...seen].map(([tag, { createdAt: created }]) => [tag, created ?? null] as const))
  const given: Given = policy.needs === 'creation' ? { createdAt } : {}
  const choices: readonly (readonly [Given, Choice | undefined])[] =
    selection?.byCurrent === undefined || Object.keys(selection.byCurrent).length === 0
      ? [[given, selection]]
      : Object.entries(selection.byCurrent).map(([current, choice]) => [{ current }, choice])
  const views = choices.map(([by, choice]) => explainTags(policy, tags, by, choice ? candidatesOf(choice) : []))
  const candidates = choices.flatMap(([, choice]) => (choice ? candidatesOf(choice) : []))
  const digests = new Map(candidates.map(({ tag, digest }) => [tag, digest]))
  return merged(views).map((verdict) => {
    const sighting = seen.get(verdict.tag)
    const digest = digests.get(verdict.tag) ?? sighting?.digest
    return {
      ...verdict,
      ...(digest !== undefined && { digest }),
      ...(sighting !== undefined && { seenSince: sighting.since }),
      ...(typeof sighting?.createdAt === 'number' && { createdAt: sighting.createdAt }),
    }
  })
}

const RANKS: Readonly<Record<Verdict['verdict'], number>> = { selected: 0, eligible: 1, rejected: 2 }

/** Of what several tags in Git make of a tag, the best: it is selected for one of them at least. */
function merged(views: readonly (readonly Verdict[])[]): readonly Verdict[] {
  const best = new Map<Tag, Verdict>()
  for (const verdict of views.flat()) {
    const known = best.get(verdict.tag)
    if (known === undefined || RANKS[verdict.verdict] < RANKS[known.verdict]) best.set(verdict.tag, verdict)
  }
  // Sorting keeps the order of those that rank the same.
  return views.length < 2 ? [...best.values()] : [...best.values()].sort((a, b) => RANKS[a.verdict] - RANKS[b.verdict])
}

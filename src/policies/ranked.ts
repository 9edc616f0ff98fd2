import { isReferrerTag, isTag, type Tag } from '../image/tag.js'
import { type Filter, NO_FILTER } from './filter.js'
import { compareNaturally, compareTexts } from './natural.js'
import type { Policy, Verdict } from './policy.js'

/** How one kind of policy reads, admits and orders texts. */
export interface Ranking<Value> {
  /** Undefined where the text has no rank. */
  read(text: string): Value | undefined
  /** Positive where `a` ranks above `b`. */
  compare(a: Value, b: Value): number
  admits(value: Value): boolean
  /** Why a text has no rank, or what has one is not admitted. */
  refusal(text: string, value: Value | undefined): string
  /** Of values that rank the same, positive where `a` is to be taken. Absent: the text of the tags decides alone. */
  readonly prefers?: {
    compare(a: Value, b: Value): number
    /** Of one that is not preferred, behind the selected one: `which has a "v" too`. */
    readonly reason: string
  }
  /** What is told of a value before each reason: `created 2026-11-20T08:30:00Z`. */
  detail?(value: Value): string
  readonly reasons: {
    /** Of the selected tag: `highest version in "1.x"`. */
    readonly best: string
    /** Of one that ranks the same, before the selected one: `same version as`. */
    readonly same: string
    /** Of any other one, before the selected one: `lower than`. */
    readonly other: string
  }
}

/**
 * Selects the tag that ranks highest. Tags without a rank are passed over, so `latest` beside `1.4.2` does no harm. Of tags
 * that rank the same, such as `1.4.2` and `v1.4.2`, the greater one in natural order is selected. What the filter extracts
 * of a tag is ranked, and the tag itself selected.
 */
export function rankedPolicy<Value>(ranking: Ranking<Value>, filter: Filter = NO_FILTER): Policy {
  // The text decides between tags of one rank, so that the choice never depends on the registry's order.
  const compareCandidates = (a: Candidate<Value>, b: Candidate<Value>) =>
    ranking.compare(a.value, b.value) || ranking.prefers?.compare(a.value, b.value) || compareNaturally(a.tag, b.tag)
  const rankOf = (tag: Tag) => {
    const text = filter.textOf(tag)
    return text === undefined ? undefined : ranking.read(text)
  }
  const refusalOf = (tag: Tag) => (isTag(tag) ? (referrerOf(tag) ?? filter.refusalOf(tag)) : 'not a valid tag')

  return {
    select(tags) {
      let best: Candidate<Value> | undefined
      for (const tag of tags) {
        const value = rankOf(tag)
        if (value === undefined) continue
        const candidate = { tag, value }
        // The comparison comes first, as most tags are lower than the best one so far.
        if (best !== undefined && compareCandidates(candidate, best) <= 0) continue
        if (ranking.admits(value) && refusalOf(tag) === undefined) best = candidate
      }
      return best?.tag
    },

    judge(tags) {
      const candidates: Candidate<Value>[] = []
      const rejected: Verdict[] = []
      for (const tag of new Set(tags)) {
        const value = rankOf(tag)
        const refusal = refusalOf(tag)
        if (refusal !== undefined) rejected.push({ tag, verdict: 'rejected', reason: refusal })
        else if (value !== undefined && ranking.admits(value)) candidates.push({ tag, value })
        else rejected.push({ tag, verdict: 'rejected', reason: reasonAgainst(tag, value) })
      }
      candidates.sort((a, b) => compareCandidates(b, a))
      rejected.sort((a, b) => compareTexts(a.tag, b.tag))
      return [...verdictsOf(candidates, ranking), ...rejected]
    },

    considers: (tag) => refusalOf(tag) === undefined,

    compare(a, b) {
      const left = rankOf(a)
      const right = rankOf(b)
      return left === undefined || right === undefined ? undefined : ranking.compare(left, right)
    },
  }

  function reasonAgainst(tag: Tag, value: Value | undefined): string {
    const text = filter.textOf(tag) ?? ''
    const reason = ranking.refusal(text, value)
    return text === tag ? reason : `compared as "${text}": ${reason}`
  }
}

interface Candidate<Value> {
  readonly tag: Tag
  readonly value: Value
}

function referrerOf(tag: Tag): string | undefined {
  return isReferrerTag(tag) ? 'signature or attestation tag' : undefined
}

/** The verdicts of the candidates, from best to worst. */
function verdictsOf<Value>([best, ...others]: readonly Candidate<Value>[], ranking: Ranking<Value>): Verdict[] {
  if (best === undefined) return []
  const { compare, prefers, detail, reasons } = ranking
  const told = (value: Value, reason: string) => (detail === undefined ? reason : `${detail(value)}, ${reason}`)
  const eligible = others.map(({ tag, value }): Verdict => {
    if (compare(value, best.value) !== 0) {
      return { tag, verdict: 'eligible', reason: told(value, `${reasons.other} ${best.tag}`) }
    }
    const preferred = prefers !== undefined && prefers.compare(value, best.value) !== 0
    const why = preferred ? prefers.reason : 'whose text sorts higher'
    return { tag, verdict: 'eligible', reason: told(value, `${reasons.same} ${best.tag}, ${why}`) }
  })
  return [{ tag: best.tag, verdict: 'selected', reason: told(best.value, reasons.best) }, ...eligible]
}

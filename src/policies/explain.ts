import type { Tag } from '../image/tag.js'
import { type Candidate, selectedOf } from './decide.js'
import type { Given, Policy, Verdict } from './policy.js'

/**
 * Every distinct tag with its verdict, the gates' verdicts included: the selected tag, which may wait; then, from the best,
 * those that were looked at and do not pass, which are rejected; then all others as `Policy.judge` has them.
 *
 * @param candidates what `decide` made of the tags. None: no tag qualifies, or there are no gates.
 */
export function explainTags(
  policy: Policy,
  tags: readonly Tag[],
  given: Given,
  candidates: readonly Candidate[],
): readonly Verdict[] {
  const selected = selectedOf(candidates)
  const others = candidates.filter((candidate) => candidate !== selected)
  // Judged without them, so that those which are worse are compared with the tag that is selected.
  const passedOver = new Set(others.map(({ tag }) => tag))
  const [best, ...rest] = policy.judge(
    tags.filter((tag) => !passedOver.has(tag)),
    given,
  )
  const rejected = others.map(({ tag, block }): Verdict => ({ tag, verdict: 'rejected', reason: block?.reason ?? '' }))
  if (best === undefined) return rejected
  return [best.tag === selected?.tag ? gated(best, selected, others) : best, ...rejected, ...rest]
}

function gated(best: Verdict, { block }: Candidate, others: readonly Candidate[]): Verdict {
  if (block !== undefined) return { ...best, reason: `${best.reason}; waits: ${block.reason}` }
  return others.length === 0 ? best : { ...best, reason: `${best.reason} that passes` }
}

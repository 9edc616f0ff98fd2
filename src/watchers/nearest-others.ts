import type { Tag } from '../image/tag.js'
import type { Policy, Verdict } from '../policies/policy.js'

/** So many of either. */
const MOST_TOLD = 5

/**
 * The tags about which somebody may ask why they were not selected: those that rank above the selected one, the best first, and those that come
 * next after it. Where none is selected, the first of all in the order of their text.
 */
export function nearestOthers(
  tags: readonly Tag[],
  selected: Tag | undefined,
  policy: Pick<Policy, 'judge' | 'compare'>,
): readonly Pick<Verdict, 'tag' | 'reason'>[] {
  const others = policy.judge(tags).filter(({ tag }) => tag !== selected)
  if (selected === undefined) return others.slice(0, MOST_TOLD).map(told)
  const above = others
    .filter(({ tag }) => (policy.compare(tag, selected) ?? 0) > 0)
    .sort((a, b) => policy.compare(b.tag, a.tag) ?? 0)
  const next = others.filter(({ verdict, tag }) => verdict === 'eligible' && (policy.compare(tag, selected) ?? 0) <= 0)
  return [...above.slice(0, MOST_TOLD), ...next.slice(0, MOST_TOLD)].map(told)
}

function told({ tag, reason }: Verdict): Pick<Verdict, 'tag' | 'reason'> {
  return { tag, reason }
}

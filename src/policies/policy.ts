import type { Tag } from '../image/tag.js'

/**
 * The rule that selects one tag of one repository. Pure and deterministic: the order of the tags never matters.
 * Building one throws `PolicyError` where its text is wrong, so that nothing can fail at a poll.
 */
export interface Policy {
  /** The tag that should run, or undefined where none qualifies. */
  select(tags: readonly Tag[]): Tag | undefined
  /** Every distinct tag with its verdict: the selected first, then the eligible from best to worst, then the rejected by text. */
  judge(tags: readonly Tag[]): readonly Verdict[]
  /** Positive where `a` ranks above `b`, 0 where they rank the same; undefined where one of them cannot be ranked at all. */
  compare(a: Tag, b: Tag): number | undefined
}

/** In which direction the tags are gone through: the last one wins, so the greatest where they ascend. */
export type Direction = 'ascending' | 'descending'

export interface Verdict {
  readonly tag: Tag
  readonly verdict: 'selected' | 'eligible' | 'rejected'
  /** One phrase for a person, such as `2.0.0 is outside ">=1.0.0 <2.0.0"`. */
  readonly reason: string
}

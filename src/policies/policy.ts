import type { Tag } from '../image/tag.js'

/**
 * The rule that selects one tag of one repository. Pure and deterministic: the order of the tags never matters.
 * Building one throws `PolicyError` where its text is wrong, so that nothing can fail at a poll.
 */
export interface Policy {
  /** What it must be given beside the tags. Absent: the texts are all it goes by. */
  readonly needs?: Need
  /** The tag that should run, or undefined where none qualifies. */
  select(tags: readonly Tag[], given?: Given): Tag | undefined
  /** Every distinct tag with its verdict: the selected first, then the eligible from best to worst, then the rejected by text. */
  judge(tags: readonly Tag[], given?: Given): readonly Verdict[]
  /** Whether the filter lets a tag in: nothing is asked about any other one. */
  considers(tag: Tag): boolean
  /** Positive where `a` ranks above `b`, 0 where they rank the same; undefined where one of them cannot be ranked at all. */
  compare(a: Tag, b: Tag, given?: Given): number | undefined
}

/** `current`: the tag that stands in Git. `creation`: when the images of the tags were created. */
export type Need = 'current' | 'creation'

/** What is known beside the tags. A policy that needs what is absent selects nothing, and says so. */
export interface Given {
  readonly current?: Tag | undefined
  /** Milliseconds since the Unix epoch, or null where an image does not say. Absent: it has not been asked. */
  readonly createdAt?: ReadonlyMap<Tag, number | null> | undefined
}

/** In which direction the tags are gone through: the last one wins, so the greatest where they ascend. */
export type Direction = 'ascending' | 'descending'

export interface Verdict {
  readonly tag: Tag
  readonly verdict: 'selected' | 'eligible' | 'rejected'
  /** One phrase for a person, such as `2.0.0 is outside ">=1.0.0 <2.0.0"`. */
  readonly reason: string
}

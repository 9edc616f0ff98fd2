import type { Digest } from '../image/digest.js'
import type { Platform } from '../image/platform.js'
import type { Tag } from '../image/tag.js'

/**
 * A condition that a tag must pass before it is written. Pure: what it goes by is told, and the time too.
 * Undefined lets the tag pass; a question must be answered before it can be judged.
 */
export type Gate = (tag: Tag, facts: Facts, now: number) => Block | Question | undefined

/** Why a tag does not pass. */
export interface Block {
  readonly gate: GateName
  /** One phrase for a person. It stays the same while nothing changes, so it has instants and no time that is left. */
  readonly reason: string
  /** When it passes by itself, in milliseconds since the Unix epoch. Absent where something must happen before. */
  readonly until?: number | undefined
}

export const GATES = ['hold', 'minimum-age', 'after', 'platforms', 'signature'] as const
export type GateName = (typeof GATES)[number]

/** What is known of one tag. */
export interface Facts {
  readonly digest?: Digest
  /** Since when the tag has been known to have this digest, in milliseconds since the Unix epoch. */
  readonly seenSince?: number
  /** The same as it was last known. The tag may have been moved since: then it is younger, and never older. */
  readonly seenSinceAtMost?: number | undefined
  /** Empty where the image does not say. */
  readonly platforms?: readonly Platform[]
  readonly signature?: SignatureVerdict
  /** When the policy that goes first has had the tag, for each branch that it writes to. */
  readonly stays?: readonly (readonly Stay[])[]
}

/** A question has the name of the fact that is missing. */
export interface Question {
  readonly asks: 'seenSince' | 'platforms' | 'signature'
}

export type SignatureVerdict =
  /** `by` is for a person, such as the fingerprint of the key; a reason is one phrase, such as `signed by another key`. */
  { readonly verified: true; readonly by: string } | { readonly verified: false; readonly reason: string }

/** A time at which a tag stood at every place of a policy, in milliseconds since the Unix epoch. Without an end it still does. */
export interface Stay {
  readonly since: number
  readonly until?: number | undefined
}

export function isQuestion(answer: Block | Question): answer is Question {
  return 'asks' in answer
}

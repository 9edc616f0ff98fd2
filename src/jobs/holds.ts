import { z } from 'zod'
import type { Tag } from '../image/tag.js'

/** A tag that people keep from being written, or every tag of the policy. */
const heldTag = z.strictObject({
  tag: z.string().optional(),
  reason: z.string(),
  at: z.number(),
  /** When it ends by itself, in milliseconds since the Unix epoch. */
  until: z.number().optional(),
})
export type HeldTag = z.infer<typeof heldTag>

/** What people said of a policy while the service ran; kept under the policy's name. */
export const policyHolds = z.strictObject({
  version: z.literal(1),
  holds: z.array(heldTag),
  /** What may be written again although somebody took it back before then, the newest first. */
  releases: z.array(z.strictObject({ tag: z.string().optional(), at: z.number() })),
})
export type PolicyHolds = z.infer<typeof policyHolds>

/** What holds a tag now: a hold of that tag before one of all. */
export function holdOn(tag: Tag, held: PolicyHolds | undefined, now: number): HeldTag | undefined {
  const inForce = (held?.holds ?? []).filter(({ until }) => until === undefined || now < until)
  return inForce.find((hold) => hold.tag === tag) ?? inForce.find((hold) => hold.tag === undefined)
}

/** When a tag was taken back and last written by us before that, in milliseconds since the Unix epoch; 0 where that cannot be told. */
export interface TakenBackTimes {
  readonly takenBackAt: number
  readonly writtenAt: number
}

/**
 * Whether somebody has released a tag, or all tags, since it was taken back. What was written since is used up: whoever takes it back again, by whatever
 * clock, does not want it.
 */
export function isReleased(
  tag: Tag | undefined,
  held: PolicyHolds | undefined,
  { takenBackAt, writtenAt }: TakenBackTimes,
): boolean {
  // A commit has the second at which it was made.
  const isSince = (at: number) => at >= takenBackAt && at >= writtenAt + 1_000
  return (held?.releases ?? []).some((release) => (release.tag ?? tag) === tag && isSince(release.at))
}

import { z } from 'zod'

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

import { z } from 'zod'
import { isDigest } from '../image/digest.js'
import { isTag } from '../image/tag.js'
import { GATES } from '../policies/gate.js'

/**
 * What travels through the queue and between processes. Each shape carries its version, so that a process never acts on
 * what a newer or older one meant: an unknown version is set aside with a message.
 */

/** Look at one repository now. */
export const pollJob = z.strictObject({
  version: z.literal(1),
  /** Canonical, such as `docker.io/library/alpine`. */
  repository: z.string().min(1),
  trigger: z.enum(['schedule', 'event', 'request']),
})
export type PollJob = z.infer<typeof pollJob>

/** Bring one branch of one Git repository up to date. */
export const updateJob = z.strictObject({
  version: z.literal(1),
  git: z.string().min(1),
  branch: z.string().min(1),
})
export type UpdateJob = z.infer<typeof updateJob>

const tag = () => z.string().refine(isTag, 'expected a tag')
const digest = () => z.string().refine(isDigest, 'expected a digest')

const block = z.strictObject({
  gate: z.enum(GATES),
  reason: z.string(),
  until: z.number().optional(),
})

const choiceFields = {
  tag: tag().optional(),
  digest: digest().optional(),
  /** Why there is no tag, for a person. */
  reason: z.string().optional(),
  /** When this tag was first selected, in milliseconds since the Unix epoch. */
  firstSeenAt: z.number(),
  /** Why the tag is not written. */
  block: block.optional(),
  /** The other tags that were looked at, none of which passes, the best first: better ones, or where none passes worse ones. */
  others: z.array(z.strictObject({ tag: tag(), digest: digest().optional(), block })).optional(),
}

const choice = z.strictObject(choiceFields)
/** A tag that was selected, or why there is none. */
export type Choice = z.infer<typeof choice>

/** What the last poll selected for one policy; kept under the policy's name. */
export const selection = z.strictObject({
  version: z.literal(1),
  /** Canonical repository: a policy that now watches another image has not been polled yet. */
  repository: z.string().min(1),
  /** The text of the rule: a policy whose rule changed has not been polled yet. */
  rule: z.string(),
  ...choiceFields,
  /** Where it depends on what stands in Git, the choice for each tag that stands there; there is no other one then. */
  byCurrent: z.record(tag(), choice).optional(),
})
export type Selection = z.infer<typeof selection>

/** What is known of the tags of one repository, for policies that go by ages; kept under its canonical name. */
export const sightings = z.strictObject({
  version: z.literal(1),
  tags: z.record(
    tag(),
    z.strictObject({
      digest: digest(),
      /** Since when the tag has been known to have the digest, in milliseconds since the Unix epoch. */
      since: z.number(),
      /** When the registry was last asked for the digest. */
      askedAt: z.number(),
      /** When it was pushed, where the registry said so. */
      pushedAt: z.number().optional(),
      /** When the image was created, where that was asked; null where it does not say. */
      createdAt: z.number().nullable().optional(),
    }),
  ),
  /** The tags that are listed without a manifest, where that was asked: when it was asked last. */
  dangling: z.record(tag(), z.number()).optional(),
})
export type Sightings = z.infer<typeof sightings>

/** What one policy has had of its image in one branch; kept under `standingKey`. */
export const standing = z.strictObject({
  version: z.literal(1),
  /** The tags that stand at its places now, distinct and sorted. */
  tags: z.array(tag()),
  /** When a tag stood at all of its places, the newest first. What was taken back is left out. */
  stays: z.array(z.strictObject({ tag: tag(), since: z.number(), until: z.number().optional() })),
})
export type Standing = z.infer<typeof standing>

/** What is kept of one repository between polls; kept under its canonical name. */
export const watched = z.strictObject({
  version: z.literal(1),
  fingerprint: z.string().optional(),
  /** How many tags the fingerprint stands for. */
  tags: z.number().optional(),
  /** Since when the registry has answered lists that are not believed, in milliseconds since the Unix epoch. */
  suspectSince: z.number().optional(),
  /** The rules that the fingerprint's tags were judged by. */
  rules: z.string(),
  failures: z.number(),
  /** The schedule's next look is not before, in milliseconds since the Unix epoch. */
  notBefore: z.number(),
  /** No look at all before: the registry asked for it. */
  restUntil: z.number(),
})
export type Watched = z.infer<typeof watched>

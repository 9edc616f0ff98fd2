import { z } from 'zod'
import { isDigest } from '../image/digest.js'
import { isTag } from '../image/tag.js'

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
  /** What ordered it. `look`: the regular look for other people's commits. */
  trigger: z.enum(['look', 'selection', 'request']),
})
export type UpdateJob = z.infer<typeof updateJob>

/** What the last poll selected for one policy; kept under the policy's name. */
export const selection = z.strictObject({
  version: z.literal(1),
  /** Canonical repository: a policy that now watches another image has not been polled yet. */
  repository: z.string().min(1),
  /** The text of the rule: a policy whose rule changed has not been polled yet. */
  rule: z.string(),
  tag: z.string().refine(isTag, 'expected a tag').optional(),
  digest: z.string().refine(isDigest, 'expected a digest').optional(),
  /** Why there is no tag, for a person. */
  reason: z.string().optional(),
  /** When this tag was first selected, in milliseconds since the Unix epoch. */
  firstSeenAt: z.number(),
})
export type Selection = z.infer<typeof selection>

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

import { z } from 'zod'

/*
 * What happened, as far as people and programs outside want to know it. Instants are in milliseconds since the Unix epoch, and
 * texts of other people as they are: whoever sends them makes them safe.
 */

/** A commit was pushed. */
const updated = z.strictObject({
  type: z.literal('updated'),
  at: z.number(),
  git: z.string(),
  branch: z.string(),
  commit: z.string(),
  /** Where a browser shows it. */
  url: z.string().optional(),
  /** Where the Git repository is, without credentials. */
  repository: z.string(),
  subject: z.string(),
  /** One for each policy and value, with the first of its places. */
  changes: z.array(
    z.strictObject({
      policy: z.string(),
      image: z.string(),
      file: z.string(),
      line: z.number(),
      from: z.string(),
      to: z.string(),
      places: z.number(),
    }),
  ),
  /** How many more there were than are told. */
  omitted: z.number().optional(),
  /** The files that it changed. Absent where they are too many. */
  files: z.array(z.string()).optional(),
})
export type UpdatedNotice = z.infer<typeof updated>

const troubleFields = {
  at: z.number(),
  /** Whether a repository of a registry could not be looked at, a branch not be updated, or a place not be written. */
  what: z.enum(['poll', 'update', 'place', 'config']),
  /** Of a registry. */
  repository: z.string().optional(),
  git: z.string().optional(),
  branch: z.string().optional(),
  policies: z.array(z.string()),
}

/** Told once, until it is over. */
const failed = z.strictObject({ type: z.literal('failed'), ...troubleFields, reason: z.string() })

const recovered = z.strictObject({ type: z.literal('recovered'), ...troubleFields })

/** Places of one policy that do not get the selected tag, for one reason; the first of them is named. */
const held = z.strictObject({
  type: z.literal('held'),
  at: z.number(),
  git: z.string(),
  branch: z.string(),
  policy: z.string(),
  image: z.string(),
  file: z.string(),
  line: z.number(),
  current: z.string(),
  desired: z.string().optional(),
  /** `held`: somebody must do something. `failing`: something is wrong. */
  state: z.enum(['held', 'failing']),
  reason: z.string(),
  places: z.number(),
})
export type HeldNotice = z.infer<typeof held>

/** A changed policy file is wrong, and the one before stays in force. */
const configRefused = z.strictObject({ type: z.literal('config-refused'), at: z.number(), reason: z.string() })

export const notice = z.discriminatedUnion('type', [updated, failed, held, recovered, configRefused])
export type Notice = z.infer<typeof notice>
export type TroubleNotice = Extract<Notice, { type: 'failed' | 'recovered' }>

/** One message for one target. */
export const noticesJob = z.strictObject({
  version: z.literal(1),
  /** Which entry of the policy file: no two have the same, and it says no secret. */
  target: z.string().min(1),
  /** Chosen once, so that a message that is sent again is known to be the same. */
  id: z.string().min(1),
  notices: z.array(notice).min(1),
})
export type NoticesJob = z.infer<typeof noticesJob>

/** What has been told of one branch, so that it is told once; kept under its name. */
export const told = z.strictObject({
  version: z.literal(1),
  /** Whether the last update failed. */
  failing: z.boolean(),
  /** Policies with their reasons, by a digest of both. */
  places: z.record(z.string(), z.strictObject({ policy: z.string(), state: z.enum(['held', 'failing']) })),
})
export type Told = z.infer<typeof told>

import { z } from 'zod'
import type { Records } from './records.js'

/**
 * What processes tell each other for people to see: the status page and the API read it, and nothing is decided by it. Texts of
 * other people are in one line and without secrets.
 */
export interface Shown {
  /** By the canonical name of the repository. Lost with the process. */
  readonly looks: Records<LookReport>
  /** By the host of the registry. Lost with the process. */
  readonly hosts: Records<HostReport>
  /** By `branchKey`. They outlast the process, as do the places. */
  readonly branches: Records<BranchReport>
  readonly places: Records<PlacesReport>
  readonly changes: Changes
}

/** How processes learn that something else is to be shown without reading all of it. */
export interface Changes {
  tell(): Promise<void>
  /** Another number after each `tell`, of whichever process. */
  count(): Promise<number>
}

/** Under which is kept what is shown of a Git branch. No branch has a space in its name. */
export function branchKey({ git, branch }: { readonly git: string; readonly branch: string }): string {
  return `${git} ${branch}`
}

/** What the last look at a repository came to. */
export const lookReport = z.strictObject({
  version: z.literal(1),
  at: z.number(),
  outcome: z.enum(['changed', 'unchanged', 'suspect', 'failed']),
  reason: z.string().optional(),
})
export type LookReport = z.infer<typeof lookReport>

const trouble = z.strictObject({ at: z.number(), reason: z.string() })

export const hostReport = z.strictObject({
  version: z.literal(1),
  lastError: trouble.optional(),
  /** Nothing is asked before. */
  rest: z.strictObject({ until: z.number(), reason: z.string() }).optional(),
  /** Pulls that it still allows. */
  remaining: z.number().optional(),
})
export type HostReport = z.infer<typeof hostReport>

/** What is small and changes at every look. */
export const branchReport = z.strictObject({
  version: z.literal(1),
  /** When the branch was looked at last and nothing failed. */
  lookedAt: z.number().optional(),
  /** Since then. */
  failure: trouble.optional(),
  /** Of pushes that lost a race, since the process started. */
  retries: z.number(),
  /** How many places of a policy do not have the selected tag, by the obstacle. */
  waiting: z.array(z.strictObject({ policy: z.string(), obstacle: z.string(), places: z.number() })).optional(),
})
export type BranchReport = z.infer<typeof branchReport>

const placeState = z.enum(['current', 'pending', 'held', 'failing'])

const placeReport = z.strictObject({
  policy: z.string(),
  file: z.string(),
  line: z.number(),
  current: z.string(),
  desired: z.string().optional(),
  state: placeState,
  reason: z.string(),
  obstacle: z.string().optional(),
  until: z.number().optional(),
})
export type PlaceReport = z.infer<typeof placeReport>

const placedPolicy = z.strictObject({
  policy: z.string(),
  places: z.number(),
  /** The worst of its places, without those that somebody leaves out on purpose. */
  state: placeState,
  reason: z.string(),
  /** What stands there, distinct, and not all of it where that is much. */
  current: z.array(z.string()),
})
export type PlacedPolicy = z.infer<typeof placedPolicy>

const pushReport = z.strictObject({
  branch: z.string(),
  oid: z.string(),
  at: z.number(),
  subject: z.string(),
  changes: z.array(
    z.strictObject({ policy: z.string(), file: z.string(), line: z.number(), from: z.string(), to: z.string() }),
  ),
})
export type PushReport = z.infer<typeof pushReport>

/** What is large and seldom changes. */
export const placesReport = z.strictObject({
  version: z.literal(1),
  policies: z.array(placedPolicy),
  /** Those that are not current first, and not all where they are many. */
  places: z.array(placeReport),
  /** The newest first. */
  pushes: z.array(pushReport),
})
export type PlacesReport = z.infer<typeof placesReport>

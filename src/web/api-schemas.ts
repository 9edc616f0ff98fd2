import { z } from 'zod'
import { isTag } from '../image/tag.js'
import { POLICY_STATES } from '../status/status.js'

/*
 * The shapes of the API, of which its OpenAPI document is made. What is shown is src/status/status.ts: a test holds the types equal.
 */

const instant = () => z.number().meta({ description: 'Milliseconds since the Unix epoch.' })
const count = () => z.int().min(0)

const change = z.object({
  policy: z.string(),
  file: z.string(),
  line: z.number(),
  from: z.string(),
  to: z.string(),
})

export const commit = z.object({
  git: z.string(),
  branch: z.string(),
  oid: z.string(),
  url: z.string().exactOptional().meta({ description: 'Where a browser shows it.' }),
  at: instant(),
  subject: z.string(),
  changes: z.array(change),
})

const policyState = z.enum(POLICY_STATES).meta({ description: 'The worst of what holds at any of its places.' })

export const policySummary = z.object({
  name: z.string(),
  image: z.string(),
  state: policyState,
  reason: z.string().meta({ description: 'Why it is in this state, in words.' }),
  current: z.array(z.string()).meta({ description: 'What stands in Git, distinct.' }),
  selected: z.array(z.string()).meta({ description: 'The tags that are selected.' }),
  places: count(),
  lastLook: z.object({ at: instant(), outcome: z.string(), reason: z.string().exactOptional() }).exactOptional(),
  lastCommit: commit.exactOptional(),
})

export const tag = z.object({
  tag: z.string(),
  verdict: z.enum(['selected', 'eligible', 'rejected']),
  reason: z.string(),
  digest: z.string().exactOptional(),
  seenSince: instant().exactOptional(),
  createdAt: instant().exactOptional(),
})

export const place = z.object({
  git: z.string(),
  branch: z.string(),
  file: z.string(),
  line: z.number(),
  current: z.string(),
  desired: z.string().nullable(),
  state: z.enum(['current', 'pending', 'held', 'failing']),
  reason: z.string(),
  until: instant().exactOptional(),
})

export const hold = z.object({
  tag: z.string().optional().meta({ description: 'Absent: every tag.' }),
  reason: z.string(),
  at: instant(),
  until: instant().optional(),
})

export const policy = policySummary.extend({
  tags: z
    .array(tag)
    .exactOptional()
    .meta({ description: 'The best first; absent where the registry could not be asked.' }),
  tagsError: z.string().exactOptional(),
  tagsLeftOut: count().exactOptional().meta({ description: 'How many more tags there are.' }),
  placesFound: z.array(place),
  history: z.array(commit),
  holds: z.array(hold).meta({ description: 'Set by people while the service runs.' }),
})

export const registry = z.object({
  host: z.string(),
  repositories: count(),
  failing: count(),
  lastError: z.object({ at: instant(), reason: z.string() }).exactOptional(),
  restUntil: instant().exactOptional().meta({ description: 'It is not asked before.' }),
  remaining: z.number().exactOptional().meta({ description: 'Pulls that it still allows, as it said last.' }),
})

export const branch = z.object({
  git: z.string(),
  branch: z.string(),
  lastLookAt: instant().exactOptional(),
  lastPush: commit.exactOptional(),
  retries: count(),
  failure: z.object({ at: instant(), reason: z.string() }).exactOptional(),
})

export const queue = z.object({
  name: z.string(),
  waiting: count(),
  active: count(),
  delayed: count(),
  failed: count(),
})

export const overview = z.object({
  version: z.string(),
  now: instant(),
  counts: z
    .object({
      failing: count(),
      held: count(),
      pending: count(),
      current: count(),
      watched: count(),
      unknown: count(),
    })
    .meta({ description: 'How many policies are in each state.' }),
  warnings: z.array(z.string()),
})

export const policies = z.object({
  total: count().meta({ description: 'How many match, on all pages.' }),
  policies: z.array(policySummary).meta({ description: 'In the order of their names.' }),
  next: z.string().exactOptional().meta({ description: 'The `after` of the next page; absent on the last one.' }),
})

export const registries = z.object({ registries: z.array(registry) })
export const branches = z.object({ branches: z.array(branch) })
export const queues = z.object({ queues: z.array(queue) })
export const queued = z.object({ queued: z.literal(true) })
export const released = z.object({ released: z.boolean().meta({ description: 'Whether something was held.' }) })
export const refusal = z.object({ error: z.string().meta({ description: 'One sentence.' }) })

const MAX_TEXT = 1_000

export const policiesQuery = z.strictObject({
  q: z.string().max(MAX_TEXT).optional().meta({ description: 'Part of the name or the image, in any case.' }),
  state: z.enum(POLICY_STATES).optional(),
  after: z.string().max(MAX_TEXT).optional().meta({ description: 'Starts behind the policy of this name.' }),
  limit: z
    .string()
    .regex(/^(?:[1-9][0-9]{0,2}|1000)$/, 'expected a whole number from 1 to 1000')
    .optional()
    .meta({ description: 'How many at most, from 1 to 1000. Default: 100.' }),
})

const tagName = z.string().max(MAX_TEXT).refine(isTag, 'expected a tag')

export const holdWish = z.strictObject({
  tag: tagName.optional().meta({ description: 'Default: every tag.' }),
  reason: z.string().max(MAX_TEXT).meta({ description: 'One line of up to 200 characters.' }),
  until: z.string().max(MAX_TEXT).optional().meta({
    description: 'A time such as 2026-12-24T18:00Z, or a duration such as 12h. Default: until it is lifted.',
  }),
})

export const releaseWish = z.strictObject({ tag: tagName.optional().meta({ description: 'Default: every tag.' }) })

export const nothing = z.strictObject({})

/** The names of shapes in the OpenAPI document. */
export const NAMED = {
  Commit: commit,
  PolicySummary: policySummary,
  Tag: tag,
  Place: place,
  Hold: hold,
  Policy: policy,
  Registry: registry,
  Branch: branch,
  Queue: queue,
  Overview: overview,
  Policies: policies,
  Registries: registries,
  Branches: branches,
  Queues: queues,
  Queued: queued,
  Released: released,
  Refusal: refusal,
  HoldWish: holdWish,
  ReleaseWish: releaseWish,
  Nothing: nothing,
} satisfies Readonly<Record<string, z.ZodType>>

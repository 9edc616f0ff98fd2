import type { z } from 'zod'
import { matchesText } from '../status/search.js'
import type { PolicyState, PolicySummary, Status } from '../status/status.js'
import * as shapes from './api-schemas.js'
import { WebError } from './errors.js'
import type { Operations } from './operations.js'

/** One path of the API and what it answers: its routes and its document are both made of this. */
export interface Endpoint {
  readonly method: 'get' | 'post'
  /** Below `/api/v1`, as OpenAPI writes it: `/policies/{name}`. */
  readonly path: string
  /** One sentence without its period. */
  readonly summary: string
  readonly right: 'read' | 'operate'
  readonly status: 200 | 202
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  readonly answer: z.ZodObject
  answers(asked: Asked): Promise<unknown>
}

/** A request whose query and body were checked. */
export interface Asked<Query = unknown, Body = unknown> {
  /** Of a policy, where the path has it. */
  readonly name: string
  readonly query: Query
  readonly body: Body
  /** Aborts when nobody waits for the answer. */
  readonly signal: AbortSignal
}

const DEFAULT_LIMIT = 100

export function apiEndpoints(status: Status, operations: Operations): readonly Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/overview',
      summary: 'How many policies are in each state, and what the policy file is warned of',
      answer: shapes.overview,
      async answers() {
        const { version, now, counts, warnings } = await status.overview()
        return { version, now, counts, warnings }
      },
    }),
    endpoint({
      method: 'get',
      path: '/policies',
      summary: 'Policies, page by page',
      query: shapes.policiesQuery,
      answer: shapes.policies,
      async answers({ query: { limit, after, ...filter } }) {
        const found = policiesThat((await status.overview()).policies, filter)
        const rest = after === undefined ? found : found.filter(({ name }) => name > after)
        const policies = rest.slice(0, Number(limit ?? DEFAULT_LIMIT))
        const last = policies.at(-1)
        const hasMore = last !== undefined && policies.length < rest.length
        return { total: found.length, policies, ...(hasMore && { next: last.name }) }
      },
    }),
    endpoint({
      method: 'get',
      path: '/policies/{name}',
      summary: 'One policy with its tags, places, history and holds',
      answer: shapes.policy,
      async answers({ name, signal }) {
        const policy = await status.policy(name, signal)
        if (policy !== undefined) return policy
        throw new WebError('UNKNOWN_POLICY', `Cannot find policy "${name}": there is none of this name`)
      },
    }),
    endpoint({
      method: 'get',
      path: '/registries',
      summary: 'Registries with their errors and limits',
      answer: shapes.registries,
      answers: async () => ({ registries: (await status.overview()).registries }),
    }),
    endpoint({
      method: 'get',
      path: '/branches',
      summary: 'Git branches with their last pushes and failures',
      answer: shapes.branches,
      answers: async () => ({ branches: (await status.overview()).branches }),
    }),
    endpoint({
      method: 'get',
      path: '/queues',
      summary: 'How many jobs wait and are under way',
      answer: shapes.queues,
      answers: async () => ({ queues: (await status.overview()).queues }),
    }),
    ...operationEndpoints(operations),
  ]
}

function operationEndpoints(operations: Operations): readonly Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/policies/{name}/poll',
      summary: "Look at the policy's repository now",
      right: 'operate',
      status: 202,
      body: shapes.nothing,
      answer: shapes.queued,
      async answers({ name }) {
        await operations.poll(name, 'api')
        return { queued: true as const }
      },
    }),
    endpoint({
      method: 'post',
      path: '/policies/{name}/hold',
      summary: 'Hold a tag of the policy, or all of them: it is not written until then',
      right: 'operate',
      body: shapes.holdWish,
      answer: shapes.hold,
      answers: ({ name, body }) => operations.hold(name, body, 'api'),
    }),
    endpoint({
      method: 'post',
      path: '/policies/{name}/release',
      summary: 'Lift the hold of a tag, or all holds, and what is held because somebody took it back',
      right: 'operate',
      body: shapes.releaseWish,
      answer: shapes.released,
      answers: async ({ name, body }) => ({ released: await operations.release(name, body.tag, 'api') }),
    }),
  ]
}

/** The policies in one state, and with a text in their name or image in any case. */
export function policiesThat(
  policies: readonly PolicySummary[],
  { q = '', state }: { readonly q?: string | undefined; readonly state?: PolicyState | undefined },
): readonly PolicySummary[] {
  return policies.filter((policy) => (state === undefined || policy.state === state) && matchesText(policy, q))
}

/** What schemas infer, without the leave to change it. */
type Plain<Value> = { readonly [Key in keyof Value]: Plain<Value[Key]> }

interface Typed<Query extends z.ZodObject, Body extends z.ZodObject, Answer extends z.ZodObject>
  extends Omit<Endpoint, 'right' | 'status' | 'query' | 'body' | 'answer' | 'answers'> {
  /** Default: `read`. */
  readonly right?: Endpoint['right']
  /** Default: 200. */
  readonly status?: Endpoint['status']
  readonly query?: Query
  readonly body?: Body
  readonly answer: Answer
  answers(asked: Asked<z.infer<Query>, z.infer<Body>>): Promise<Plain<z.infer<Answer>>>
}

/** Holds what answers to its shapes. */
function endpoint<Query extends z.ZodObject, Body extends z.ZodObject, Answer extends z.ZodObject>(
  typed: Typed<Query, Body, Answer>,
): Endpoint {
  const answers = typed.answers as Endpoint['answers']
  return { right: 'read', status: 200, ...typed, answers }
}

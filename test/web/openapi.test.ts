import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { z } from 'zod'
import type { Hold } from '../../src/status/holds.js'
import type {
  BranchStatus,
  CommitStatus,
  HoldStatus,
  Overview,
  PlaceStatus,
  PolicyStatus,
  PolicySummary,
  QueueStatus,
  RegistryStatus,
  TagStatus,
} from '../../src/status/status.js'
import type * as shapes from '../../src/web/api-schemas.js'
import type { HoldWish } from '../../src/web/operations.js'
import { at, type Json, judgeOf } from './openapi-judge.js'
import { startedForPeople, TOKENS } from './people.js'

/** Two types are one, but for the leave to change what they say. */
type Same<A, B> = (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false
type Plain<Value> = { readonly [Key in keyof Value]: Plain<Value[Key]> }
type Shape<Name extends keyof typeof shapes> = z.infer<(typeof shapes)[Name]>

/** Each is a fault of the compiler where the API does not have what people are shown. */
const SAME: {
  readonly commit: Same<Shape<'commit'>, CommitStatus>
  readonly policySummary: Same<Shape<'policySummary'>, PolicySummary>
  readonly policy: Same<Shape<'policy'>, PolicyStatus>
  readonly tag: Same<Shape<'tag'>, TagStatus>
  readonly place: Same<Shape<'place'>, PlaceStatus>
  readonly hold: Same<Shape<'hold'>, HoldStatus>
  readonly heldByPeople: Same<Shape<'hold'>, Hold>
  readonly registry: Same<Shape<'registry'>, RegistryStatus>
  readonly branch: Same<Shape<'branch'>, BranchStatus>
  readonly queue: Same<Shape<'queue'>, QueueStatus>
  readonly overview: Same<Shape<'overview'>, Omit<Overview, 'policies' | 'registries' | 'branches' | 'queues'>>
  readonly holdWish: Same<Shape<'holdWish'>, HoldWish>
  readonly policyAndSummary: Same<Shape<'policy'>, PolicySummary>
  readonly commitAndPlace: Same<Shape<'commit'>, PlaceStatus>
} = {
  commit: true,
  policySummary: true,
  policy: true,
  tag: true,
  place: true,
  hold: true,
  heldByPeople: true,
  registry: true,
  branch: true,
  queue: true,
  overview: true,
  holdWish: true,
  // What compares them finds what differs.
  policyAndSummary: false,
  commitAndPlace: false,
}

async function documented(ask: Awaited<ReturnType<typeof startedForPeople>>['ask']): Promise<Json> {
  const { status, headers, body } = await ask('/api/v1/openapi.json')
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^application\/json/)
  return body
}

test('the shapes of the API are what the service says of itself', () => {
  assert.equal(Object.values(SAME).filter(Boolean).length, 12)
})

test('every answer is as the document says, and has nothing more', async (t) => {
  const { ask } = await startedForPeople(t)
  const document = await documented(ask)
  const judge = judgeOf(document)
  const hold = { tag: '2.8.0', reason: 'leaks', until: '1h' }
  const asked: readonly [method: 'get' | 'post', path: string, of: string, body?: object][] = [
    ['get', '/overview', '/overview'],
    ['get', '/policies?limit=1', '/policies'],
    ['get', '/policies', '/policies'],
    ['get', '/policies/lamp', '/policies/{name}'],
    ['get', '/policies/team%2Fbell', '/policies/{name}'],
    ['get', '/registries', '/registries'],
    ['get', '/branches', '/branches'],
    ['get', '/queues', '/queues'],
    ['post', '/policies/lamp/poll', '/policies/{name}/poll', {}],
    ['post', '/policies/lamp/hold', '/policies/{name}/hold', hold],
    ['post', '/policies/lamp/hold', '/policies/{name}/hold', { reason: 'leaks' }],
    ['post', '/policies/lamp/release', '/policies/{name}/release', {}],
    ['get', '/policies/none', '/policies/{name}'],
    ['get', '/policies?limit=0', '/policies'],
    ['post', '/policies/lamp/hold', '/policies/{name}/hold', {}],
  ]
  for (const [method, path, of, body] of asked) {
    const init = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await ask(`/api/v1${path}`, { method, ...init })
    const key = answer.status < 300 ? String(answer.status) : 'default'
    const schema = at(document, 'paths', of, method, 'responses', key, 'content', 'application/json', 'schema')
    assert.deepEqual(judge(schema, answer.body), [], `${method} ${path}`)
    if (answer.status < 300 && body !== undefined) {
      const wish = at(document, 'paths', of, method, 'requestBody', 'content', 'application/json', 'schema')
      assert.deepEqual(judge(wish, body), [], path)
    }
  }
  const paths = Object.keys(at(document, 'paths') ?? {})
  assert.deepEqual(paths.sort(), [...new Set(asked.map(([, , of]) => of))].sort())
})

test('the judge finds what is missing and what is too much', async (t) => {
  const { ask } = await startedForPeople(t)
  const judge = judgeOf(await documented(ask))
  const queue = { name: 'polls', waiting: 0, active: 0, delayed: 0, failed: 0 }
  const schema = { $ref: '#/components/schemas/Queues' }
  assert.deepEqual(judge(schema, { queues: [queue] }), [])
  assert.equal(judge(schema, { queues: [{ ...queue, more: 1 }] }).length, 1)
  assert.equal(judge(schema, { queues: [{ ...queue, name: undefined }] }).length, 1)
})

test('the document is one of OpenAPI 3.1', async (t) => {
  const { ask } = await startedForPeople(t)
  const document = await documented(ask)
  assert.deepEqual(faultsOf(document), [])
  assert.equal(at(document, 'info', 'version'), '1.2.3')
  assert.ok(faultsOf({ ...document, openapi: '3.0.3' } as unknown as Json).length > 0)
  const { responses, ...queues } = at(document, 'paths', '/queues', 'get') as Json
  const without = { ...document, paths: { '/queues': { get: queues } } } as unknown as Json
  assert.ok(faultsOf(without).length > 0)
})

test('the document needs the token that reading needs, and says where one is needed', async (t) => {
  const { ask } = await startedForPeople(t)
  assert.equal((await ask('/api/v1/openapi.json', { token: 'wrong' })).status, 401)
  const { body } = await ask('/api/v1/openapi.json', { token: TOKENS.readToken })
  assert.deepEqual(at(body, 'paths', '/overview', 'get', 'security'), [{}, { token: [] }])
  assert.deepEqual(at(body, 'paths', '/policies/{name}/poll', 'post', 'security'), [{ token: [] }])
})

/** What of "OpenAPI Specification v3.1.1", sections 4.8.1 to 4.8.30, a document such as ours can break. */
function faultsOf(document: Json): readonly unknown[] {
  const validate = new Ajv2020({ allErrors: true, strict: false }).compile(DOCUMENT)
  const faults: unknown[] = validate(document) ? [] : [...(validate.errors ?? [])]
  const ids: unknown[] = []
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
    for (const operation of Object.values(item)) {
      ids.push(operation.operationId)
      const parameters: readonly Json[] = operation.parameters ?? []
      const told = parameters.filter((parameter) => String(parameter.in) === 'path').map(({ name }) => String(name))
      if (JSON.stringify(told) !== JSON.stringify(named)) faults.push(`${path}: parameters ${told}`)
    }
  }
  if (new Set(ids).size < ids.length) faults.push('an operationId twice')
  for (const [, ref = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = ref.split('/').reduce<Json | undefined>((json, key) => json?.[key], document)
    if (found === undefined) faults.push(`nothing at ${ref}`)
  }
  return faults
}

const text = { type: 'string' }
const media = {
  type: 'object',
  minProperties: 1,
  propertyNames: { pattern: '^[a-z]+/[a-z]+$' },
  additionalProperties: { type: 'object', required: ['schema'], properties: { schema: { $ref: '#/$defs/schema' } } },
}
const closed = (required: readonly string[], properties: object) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

const DOCUMENT = {
  ...closed(['openapi', 'info', 'paths'], {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    info: closed(['title', 'version'], { title: text, version: text, description: text }),
    servers: { type: 'array', items: closed(['url'], { url: text }) },
    paths: {
      type: 'object',
      propertyNames: { pattern: '^/' },
      additionalProperties: closed([], { get: { $ref: '#/$defs/operation' }, post: { $ref: '#/$defs/operation' } }),
    },
    components: closed([], {
      schemas: {
        type: 'object',
        propertyNames: { pattern: '^[a-zA-Z0-9._-]+$' },
        additionalProperties: { $ref: '#/$defs/schema' },
      },
      securitySchemes: {
        type: 'object',
        additionalProperties: closed(['type', 'scheme'], { type: { const: 'http' }, scheme: text, description: text }),
      },
    }),
  }),
  $defs: {
    // A Schema Object is one of JSON Schema 2020-12 (section 4.8.24).
    schema: { $ref: 'https://json-schema.org/draft/2020-12/schema' },
    operation: closed(['operationId', 'summary', 'security', 'responses'], {
      operationId: text,
      summary: text,
      security: { type: 'array', items: { type: 'object', additionalProperties: { type: 'array', items: text } } },
      parameters: {
        type: 'array',
        items: {
          ...closed(['name', 'in', 'required', 'schema'], {
            name: text,
            in: { enum: ['path', 'query'] },
            required: { type: 'boolean' },
            description: text,
            schema: { $ref: '#/$defs/schema' },
          }),
          if: { properties: { in: { const: 'path' } } },
          // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
          then: { properties: { required: { const: true } } },
        },
      },
      requestBody: closed(['content'], { required: { type: 'boolean' }, content: media }),
      responses: {
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: '^(?:[1-5](?:\\d\\d|XX)|default)$' },
        additionalProperties: closed(['description'], { description: text, content: media }),
      },
    }),
  },
}

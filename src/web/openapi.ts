import { z } from 'zod'
import type { Endpoint } from './api-endpoints.js'
import { NAMED } from './api-schemas.js'

/** The OpenAPI 3.1 document of endpoints, whose dialect of JSON Schema is the one of 2020-12. */
export function openApi(endpoints: readonly Endpoint[], version: string) {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tidemark',
      version,
      description:
        'What a running Tidemark does, and what people may order. Instants are milliseconds since the Unix epoch. Fields may be added.',
    },
    servers: [{ url: '/api/v1' }],
    paths: pathsOf(endpoints),
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: '`server.adminToken`, or to read `server.readToken`, which is needed where it is configured.',
        },
      },
    },
  }
}

function pathsOf(endpoints: readonly Endpoint[]) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const endpoint of endpoints) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) }
  }
  return paths
}

function operationOf({ method, path, summary, right, status, query, body, answer }: Endpoint) {
  const parameters = [...(path.includes('{name}') ? [NAME] : []), ...(query === undefined ? [] : parametersOf(query))]
  return {
    operationId: [method, ...path.split(/[/{}]+/).filter(Boolean)].join('-'),
    summary,
    // Without a token of its own, reading needs none.
    security: right === 'read' ? [{}, { token: [] }] : [{ token: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: isRequired(body), content: { 'application/json': { schema: refTo(body) } } },
    }),
    responses: {
      [status]: { description: 'Done', content: { 'application/json': { schema: refTo(answer) } } },
      default: { description: 'Refused', content: { 'application/json': { schema: refTo(NAMED.Refusal) } } },
    },
  }
}

const NAME = {
  name: 'name',
  in: 'path',
  required: true,
  description: 'Name of a policy, its slashes written as %2F.',
  schema: { type: 'string' },
}

function parametersOf(query: z.ZodObject) {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' })
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
}

/** Where a body may be left out, an empty one is right. */
function isRequired(body: z.ZodObject): boolean {
  return !body.safeParse({}).success
}

function refTo(schema: z.ZodType) {
  const [name] = Object.entries(NAMED).find(([, named]) => named === schema) ?? []
  if (name === undefined) throw new Error('a schema of the API has no name')
  return { $ref: refOf(name) }
}

function schemas() {
  const named = z.registry<{ readonly id: string }>()
  for (const [id, schema] of Object.entries(NAMED)) named.add(schema, { id })
  const { schemas } = z.toJSONSchema(named, { uri: refOf, io: 'input' })
  // Their dialect is the document's, and where they stand says their name.
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema]))
}

function refOf(name: string): string {
  return `#/components/schemas/${name}`
}

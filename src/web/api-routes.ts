import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { isRetryable, reasonOf } from '../error.js'
import type { Status } from '../status/status.js'
import type { Access, Denial } from './access.js'
import { type Refusal, statusOf, untilGone } from './answers.js'
import { apiEndpoints, type Endpoint } from './api-endpoints.js'
import { WebError } from './errors.js'
import { openApi } from './openapi.js'
import type { Operations } from './operations.js'
import type { WebOptions } from './options.js'

export interface ApiOptions extends Pick<WebOptions, 'onFailure'> {
  readonly status: Status
  readonly operations: Operations
  readonly access: Access
}

/** What is ordered in one request is small. */
const BODY_LIMIT_BYTES = 16 * 1024

/** `/api/v1`: what the status page shows, as JSON, the operations, and the OpenAPI document of both. */
export function apiRoutes(app: FastifyInstance, options: ApiOptions): void {
  const endpoints = apiEndpoints(options.status, options.operations)
  app.register(
    async (scope) => {
      takeJson(scope)
      scope.setErrorHandler((thrown, request, reply) => refuse(thrown, request, reply, options.onFailure))
      for (const endpoint of endpoints) addRoute(scope, endpoint, options.access)
      addDocument(scope, endpoints, options)
      refuseOtherMethods(scope, endpoints)
    },
    { prefix: '/api/v1' },
  )
}

function addRoute(scope: FastifyInstance, endpoint: Endpoint, access: Access): void {
  const { method, right, status, query, body, answers } = endpoint
  scope.route<{ Params: { readonly name?: string } }>({
    method,
    url: urlOf(endpoint.path),
    bodyLimit: BODY_LIMIT_BYTES,
    // Before the body is read.
    onRequest: async (request, reply) => denied(access.deny(request, right), reply),
    async handler(request, reply) {
      const asked = {
        name: request.params.name ?? '',
        query: query && checked(query, request.query, 'query'),
        body: body && checked(body, request.body ?? {}, 'body'),
        signal: untilGone(reply),
      }
      reply.code(status)
      return answers(asked)
    },
  })
}

function addDocument(scope: FastifyInstance, endpoints: readonly Endpoint[], { status, access }: ApiOptions): void {
  let document: object | undefined
  scope.get('/openapi.json', {
    onRequest: async (request, reply) => denied(access.deny(request, 'read'), reply),
    async handler() {
      document ??= openApi(endpoints, (await status.overview()).version)
      return document
    },
  })
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

function refuseOtherMethods(scope: FastifyInstance, endpoints: readonly Endpoint[]): void {
  for (const { path, method } of [...endpoints, { path: '/openapi.json', method: 'get' }]) {
    const allowed = method === 'get' ? 'GET, HEAD' : 'POST'
    scope.route({
      method: METHODS.filter((other) => other !== method.toUpperCase()),
      url: urlOf(path),
      onRequest: async (request, reply) => {
        reply.code(405).header('allow', allowed)
        return reply.send({ error: `Cannot ${request.method} this path: it takes ${allowed}` } satisfies Refusal)
      },
      handler: async () => {},
    })
  }
}

function urlOf(path: string): string {
  return path.replace('{name}', ':name')
}

/** An empty body is none, whatever its type. */
function takeJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined)
    try {
      done(null, JSON.parse(String(body)))
    } catch {
      done(Object.assign(new Error('Cannot read body: it is no JSON'), { statusCode: 400 }))
    }
  })
}

function checked(schema: z.ZodType, value: unknown, part: string): unknown {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const [fault] = read.error.issues
  const where = fault === undefined || fault.path.length === 0 ? part : `${part}, ${fault.path.join('.')}`
  throw new WebError('INVALID', `Cannot read ${where}: ${fault?.message.replace(/^Invalid input: /, '') ?? ''}`)
}

function denied(denial: Denial | undefined, reply: FastifyReply): FastifyReply | undefined {
  if (denial === undefined) return undefined
  if (denial.status === 401) reply.header('www-authenticate', 'Bearer realm="tidemark"')
  if (denial.status === 429) reply.header('retry-after', '60')
  return reply.code(denial.status).send({ error: denial.error } satisfies Refusal)
}

function refuse(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  onFailure: WebOptions['onFailure'],
): FastifyReply {
  const status = statusOfApi(thrown)
  reply.code(status)
  if (status === 503) reply.header('retry-after', '5')
  return reply.send({ error: wordsOf(thrown, status, request, onFailure) } satisfies Refusal)
}

function statusOfApi(thrown: unknown): number {
  if (thrown instanceof WebError) return thrown.code === 'UNKNOWN_POLICY' ? 404 : 422
  return isRetryable(thrown) ? 503 : statusOf(thrown)
}

function wordsOf(thrown: unknown, status: number, request: FastifyRequest, onFailure: WebOptions['onFailure']): string {
  if (status === 415) return 'Cannot read body: expected the content type application/json'
  if (status === 413) return `Cannot read body: it has more than ${BODY_LIMIT_BYTES / 1024} KiB`
  if (status < 500) return reasonOf(thrown)
  if (status === 503) return 'Cannot answer: the queue is away, ask again'
  onFailure?.({ path: request.routeOptions.url ?? '', reason: reasonOf(thrown) })
  return 'Cannot answer: internal error'
}

import type { FastifyInstance, FastifyReply } from 'fastify'
import { reasonOf } from '../error.js'
import type { WebOptions } from './options.js'

/** The body of every answer that is not a success. */
export interface Refusal {
  /** One sentence. */
  readonly error: string
}

export function secureAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
  })
}

/** Unknown paths, requests that Fastify refuses, and defects, whose text stays in the process. */
export function answerFailures(app: FastifyInstance, onFailure: WebOptions['onFailure']): void {
  app.setNotFoundHandler(async (request, reply) => {
    reply.code(404)
    return { error: `Cannot ${request.method} this path: not found` } satisfies Refusal
  })
  app.setErrorHandler(async (thrown, request, reply) => {
    const status = statusOf(thrown)
    reply.code(status)
    if (status < 500) return { error: reasonOf(thrown) } satisfies Refusal
    onFailure?.({ path: request.routeOptions.url ?? '', reason: reasonOf(thrown) })
    return { error: 'Cannot answer: internal error' } satisfies Refusal
  })
}

/** Paths that cannot be decoded, before any route or hook. */
export function refuseUnroutable(thrown: Error, _request: unknown, reply: FastifyReply): void {
  reply.code(statusOf(thrown)).send({ error: reasonOf(thrown) } satisfies Refusal)
}

/** Aborts when whoever asked has hung up. What rejects with its reason is no defect: `statusOf` says 499, as nginx does. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    gone.abort(Object.assign(new Error('Cannot answer: nobody waits for it'), { statusCode: 499 }))
  })
  return gone.signal
}

/** The status that Fastify gave to a request it refuses, or 500. */
export function statusOf(thrown: unknown): number {
  const refused = thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number'
  return refused ? (thrown.statusCode as number) : 500
}

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, RawServerDefault, RouteShorthandOptionsWithHandler } from 'fastify'
import { reasonOf } from '../error.js'
import { systemClock } from '../lifecycle/clock.js'
import { WebhookError } from '../watchers/webhooks/errors.js'
import type { Delivery, Pushed } from '../watchers/webhooks/sender.js'
import type { Refusal } from './answers.js'
import { WebError } from './errors.js'
import type { WebOptions } from './options.js'
import { createWebhookLimits } from './webhook-limits.js'
import { verdictOf } from './webhook-verdict.js'

interface Route {
  readonly Params: { readonly name: string; readonly secret?: string }
}

type Handling = RouteShorthandOptionsWithHandler<RawServerDefault, IncomingMessage, ServerResponse, Route>

/** So many names of what was pushed are told. */
const MOST_NAMED = 10

/**
 * `POST /webhooks/<name>`, or with a secret behind it: 202 once every hint is safely queued. An authentic event without effect
 * gets 200, never a refusal: Distribution repeats what is refused forever, ahead of all later events, and Quay gives the
 * webhook up.
 */
export function webhookRoutes(
  app: FastifyInstance,
  { webhooks, hint, onWebhook, clock = systemClock }: Pick<WebOptions, 'webhooks' | 'hint' | 'onWebhook' | 'clock'>,
): void {
  // Signatures are over the raw bytes, and senders differ in the type they declare.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  const limits = createWebhookLimits(clock)
  const webhookOf = ({ name, secret }: Route['Params']) => {
    const webhook = webhooks.get(name)
    if (webhook !== undefined && (secret === undefined || webhook.sender.isAddressed)) return webhook
    throw new WebError('UNKNOWN_WEBHOOK', `Cannot accept event: no webhook "${name}"`)
  }

  const route: Handling = {
    // Before the body is read.
    async onRequest(request, reply) {
      const { name } = request.params
      const { requestsPerSecond } = webhookOf(request.params)
      const waitMs = limits.barred(name, request.ip) || limits.take(name, requestsPerSecond)
      if (waitMs > 0) {
        reply.header('retry-after', Math.ceil(waitMs / 1_000))
        throw new WebError('TOO_MANY_REQUESTS', 'Cannot accept event: too many requests')
      }
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding === 'identity') return
      throw new WebError('ENCODED_BODY', `Cannot accept event: content encoding "${encoding}" instead of none`)
    },

    async handler(request, reply) {
      const { name } = request.params
      const pushed = distinct(await webhookOf(request.params).sender.read(deliveryOf(request)))
      const queued = await hint(pushed)
      const outcome = queued > 0 ? 'accepted' : 'ignored'
      onWebhook?.({ webhook: name, outcome, queued, ...(pushed.length > 0 && { pushed: namesOf(pushed) }) })
      reply.code(queued > 0 ? 202 : 200)
      return { queued }
    },

    async errorHandler(thrown, request, reply) {
      const { status, outcome, error } = verdictOf(thrown)
      const webhook = outcome === 'unknown' ? '' : request.params.name
      if (thrown instanceof WebhookError && thrown.code === 'UNAUTHORIZED') limits.failed(webhook, request.ip)
      onWebhook?.({ webhook, outcome, queued: 0, reason: reasonOf(thrown) })
      if (status === 413) await received(request.raw)
      if (status === 503) reply.header('retry-after', '5')
      reply.code(status)
      return { error } satisfies Refusal
    },
  }
  app.post<Route>('/webhooks/:name', route)
  app.post<Route>('/webhooks/:name/:secret', route)
}

function deliveryOf(request: {
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  readonly params: Route['Params']
}): Delivery {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers[name] = value
  }
  // Fastify leaves the body of a request without one undefined.
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  return { headers, body, pathSecret: request.params.secret }
}

function distinct(pushed: readonly Pushed[]): Pushed[] {
  return [...new Map(pushed.map((one) => [JSON.stringify(one), one])).values()]
}

function namesOf(pushed: readonly Pushed[]): readonly string[] {
  return pushed.slice(0, MOST_NAMED).map((one) => {
    if ('git' in one) return `${one.git} ${one.branch}`
    const { registry, path } = one.repository
    return `${registry === undefined ? '' : `${registry}/`}${path}${one.tag === undefined ? '' : `:${one.tag}`}`
  })
}

// Answering a sender that still sends would reset the connection under the answer. The server's request timeout ends this.
function received(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (request.closed) return resolve()
    request.once('close', resolve)
    request.resume()
  })
}

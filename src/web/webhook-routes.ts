import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { reasonOf } from '../error.js'
import type { Delivery, Pushed } from '../watchers/webhooks/sender.js'
import type { Refusal } from './answers.js'
import { WebError } from './errors.js'
import type { WebOptions } from './options.js'
import { verdictOf } from './webhook-verdict.js'

interface Route {
  readonly Params: { readonly name: string }
}

/**
 * `POST /webhooks/<name>`: 202 once every hint is safely queued. An authentic event without effect gets 200, never a
 * refusal: Distribution repeats what is refused forever, ahead of all later events, and Quay gives the webhook up.
 */
export function webhookRoutes(
  app: FastifyInstance,
  options: Pick<WebOptions, 'webhooks' | 'hint' | 'onWebhook'>,
): void {
  // Signatures are over the raw bytes, and senders differ in the type they declare.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  const senderOf = (name: string) => {
    const sender = options.webhooks.get(name)
    if (sender !== undefined) return sender
    throw new WebError('UNKNOWN_WEBHOOK', `Cannot accept event: no webhook "${name}"`)
  }

  app.post<Route>('/webhooks/:name', {
    // Before the body is read.
    async onRequest(request) {
      senderOf(request.params.name)
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding === 'identity') return
      throw new WebError('ENCODED_BODY', `Cannot accept event: content encoding "${encoding}" instead of none`)
    },

    async handler(request, reply) {
      const { name } = request.params
      const pushed = senderOf(name).read(deliveryOf(request))
      const hints = await Promise.all(distinct(pushed).map(options.hint))
      const queued = hints.filter(Boolean).length
      options.onWebhook?.({ webhook: name, outcome: queued > 0 ? 'accepted' : 'ignored', queued })
      reply.code(queued > 0 ? 202 : 200)
      return { queued }
    },

    async errorHandler(thrown, request, reply) {
      const { status, outcome, error } = verdictOf(thrown)
      const webhook = outcome === 'unknown' ? '' : request.params.name
      options.onWebhook?.({ webhook, outcome, queued: 0, reason: reasonOf(thrown) })
      if (status === 413) await received(request.raw)
      if (status === 503) reply.header('retry-after', '5')
      reply.code(status)
      return { error } satisfies Refusal
    },
  })
}

function deliveryOf(request: { readonly headers: IncomingHttpHeaders; readonly body: unknown }): Delivery {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers[name] = value
  }
  // Fastify leaves the body of a request without one undefined.
  return { headers, body: request.body instanceof Uint8Array ? request.body : new Uint8Array() }
}

function distinct(pushed: readonly Pushed[]): Pushed[] {
  return [...new Map(pushed.map((one) => [JSON.stringify(one), one])).values()]
}

// Answering a sender that still sends would reset the connection under the answer. The server's request timeout ends this.
function received(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (request.closed) return resolve()
    request.once('close', resolve)
    request.resume()
  })
}

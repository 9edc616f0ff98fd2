import { lookup } from 'node:dns/promises'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import { reasonOf } from '../error.js'
import { systemClock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { refuseForeignNames } from './access-hosts.js'
import { answerFailures, refuseUnroutable, secureAnswers } from './answers.js'
import { apiRoutes } from './api-routes.js'
import { WebError } from './errors.js'
import { healthRoutes, textRoot } from './health-routes.js'
import type { WebOptions } from './options.js'
import { loginPage } from './page/login-page.js'
import { pageRoutes } from './page/routes.js'
import { sessionRoutes } from './session-routes.js'
import { webhookRoutes } from './webhook-routes.js'

export interface WebServer extends Component {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string
}

/** GitHub's package events, the largest we know of, have some 50 KB. */
const BODY_LIMIT_BYTES = 1024 * 1024
const REQUEST_TIMEOUT_MS = 10_000
const IDLE_TIMEOUT_MS = 30_000
const MAX_CONNECTIONS = 1_000
/** Of a policy: 253 characters, of which slashes are three as `%2F`. */
const MAX_NAME_LENGTH = 800

/** Starts the HTTP server of `server.host` and `server.port`. Throws `WebError`. */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    // Node looks at slow requests only every 30 s by default.
    http: {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    // A request that comes while we stop is still answered, on a connection that then closes.
    return503OnClosing: false,
    trustProxy: false,
    logger: false,
    routerOptions: { maxParamLength: MAX_NAME_LENGTH },
    frameworkErrors: refuseUnroutable,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  secureAnswers(app)
  answerFailures(app, options.onFailure)
  healthRoutes(app, options)
  webhookRoutes(app, options)
  peopleRoutes(app, options)

  const inHand = responsesInHand(app.server)
  const url = await listen(app, options)
  let stopped: Promise<void> | undefined
  return {
    url,
    stop() {
      stopped ??= stop(app, inHand)
      return stopped
    },
  }
}

/** What people and their programs ask for. */
function peopleRoutes(app: FastifyInstance, options: WebOptions): void {
  const { access, status, operations, clock = systemClock, onFailure } = options
  if (access === undefined || status === undefined || operations === undefined) {
    textRoot(app)
    return
  }
  refuseForeignNames(app, access)
  sessionRoutes(app, { access, loginPage })
  apiRoutes(app, { access, status, operations, onFailure })
  pageRoutes(app, { access, status, operations, clock, onFailure })
}

async function listen(app: FastifyInstance, { host, port }: WebOptions): Promise<string> {
  try {
    // Fastify listens on every address of `localhost`, and closes all but the first without waiting for their requests.
    const { address } = await lookup(host)
    await app.listen({ host: address, port })
    return urlOf(app.server.address() as AddressInfo)
  } catch (cause) {
    await app.close()
    const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    const reason = inUse ? 'address already in use' : reasonOf(cause)
    throw new WebError(inUse ? 'ADDRESS_IN_USE' : 'CANNOT_LISTEN', `Cannot listen on ${host}:${port}: ${reason}`, {
      cause,
    })
  }
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function responsesInHand(server: Server): ReadonlySet<ServerResponse> {
  const inHand = new Set<ServerResponse>()
  server.on('request', (_request, response) => {
    inHand.add(response)
    response.once('close', () => inHand.delete(response))
  })
  return inHand
}

/**
 * Answers what is in hand, then closes what is left. Node alone would wait for connections on which nothing was ever
 * asked, and for kept ones that were busy when it began to close.
 */
async function stop(app: FastifyInstance, inHand: ReadonlySet<ServerResponse>): Promise<void> {
  const closed = app.close()
  while (inHand.size > 0) await Promise.all([...inHand].map(closeOf))
  app.server.closeAllConnections()
  await closed
}

function closeOf(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.once('close', resolve))
}

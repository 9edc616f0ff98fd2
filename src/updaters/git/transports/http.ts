import { type Clock, systemClock } from '../../../lifecycle/clock.js'
import { createPools } from '../../../net/pools.js'
import { GitError } from '../errors.js'
import type { Access, Credentials, GitHubAppLogin } from './access.js'
import { boundedBody } from './bounded-body.js'
import { type Deadline, openDeadline } from './deadline.js'
import { type Exchange, type ExchangeAnswer, exchangeOver } from './exchange.js'
import { failureOf } from './failure.js'
import { githubAppLogin } from './github-app.js'
import { type Asked, askWithLogin, fixedLogin, type LoginSource } from './login.js'
import { cleanUrl, placesOf } from './places.js'
import { redirectOf, type Target } from './redirect.js'
import {
  MAX_ANSWER_BYTES,
  MAX_CONVERSATION_MS,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from './transport.js'

export interface HttpTransportOptions extends Pick<Access, 'tls' | 'proxy' | 'proxies'> {
  readonly credentials?: Credentials | GitHubAppLogin | undefined
  readonly clock?: Clock
  readonly maxAnswerBytes?: number
  /** To connect and to get the first byte, and between two pieces of an answer. */
  readonly idleMs?: number
  readonly totalMs?: number
  /** Told once for each new place that a redirect says the repository is at. */
  readonly onMove?: ((url: string) => void) | undefined
}

/**
 * Speaks to a repository over HTTP. Where its server says by a redirect that it is elsewhere, that place is asked from then on
 * for as long as it answers, as Git does (git-config(1), `http.followRedirects`); one in another origin is shown neither
 * credentials nor a client certificate.
 */
export function httpTransport(base: URL, options: HttpTransportOptions = {}): Transport {
  const { clock = systemClock, maxAnswerBytes = MAX_ANSWER_BYTES, onMove } = options
  const { idleMs = 30_000, totalMs = MAX_CONVERSATION_MS } = options
  const root = cleanUrl(base)
  const exchange = exchangeWith(base.origin, options, clock, idleMs)
  const login = loginOf(base, options.credentials, exchange, clock)
  const places = placesOf({ url: base, trusted: true, reach: undefined }, onMove)

  function ask(target: Target, request: TransportRequest, deadline: Deadline): Promise<Asked> {
    return askWithLogin(target.trusted ? login : undefined, deadline.signal, async (authorization) => {
      const headers = { ...request.headers, ...authorization }
      const repeatable = !isPush(request)
      const answer = await exchange({ ...request, hop: target, headers, repeatable, signal: deadline.signal })
      deadline.renew()
      return answer
    })
  }

  async function follow(request: TransportRequest, deadline: Deadline): Promise<TransportResponse> {
    const path = request.url.slice(root.length)
    let target = places.targetOf(path)
    for (let redirects = 0; ; redirects++) {
      const { answer, authenticated } = await ask(target, request, deadline)
      const next = redirectOf(answer, target)
      if (next === undefined) {
        if (answer.status === 200) places.found(target, path)
        else places.lost()
        return { ...received(target.url, answer, deadline, maxAnswerBytes), authenticated }
      }
      answer.body.destroy()
      if (redirects === MAX_REDIRECTS)
        throw new GitError('INVALID_ANSWER', `server redirects more than ${MAX_REDIRECTS} times`)
      // Every push follows a look, which finds a repository that has moved: this one's new files would go to somebody else.
      if (isPush(request) && next.url.origin !== target.url.origin)
        throw new GitError('INVALID_ANSWER', `server redirects a push to "${next.url.origin}"`, { retryable: true })
      target = next
    }
  }

  return {
    name: root,
    base: root,
    conceal: (text) => (login?.secrets() ?? []).reduce((shown, secret) => shown.replaceAll(secret, '***'), text),
    async request(request) {
      const deadline = openDeadline({ clock, idleMs, totalMs, signal: request.signal })
      try {
        return await follow(request, deadline)
      } catch (thrown) {
        places.lost()
        deadline.close()
        throw failureOf(thrown, deadline)
      }
    },
  }
}

const MAX_REDIRECTS = 5

/** A connection that has been idle is dropped before the server would drop it: a push must not fail for that. */
const IDLE_MS = 4_000

function exchangeWith(
  origin: string,
  { tls, proxy, proxies = { except: '' } }: HttpTransportOptions,
  clock: Clock,
  idleMs: number,
): Exchange {
  // A proxy is given up before the conversation is, so that it is named.
  const tunnelMs = idleMs / 3
  return exchangeOver(
    origin,
    createPools({ routeTo: () => ({ origin, tls, proxy }), proxies, clock, tunnelMs, idleMs: IDLE_MS }),
  )
}

function loginOf(
  base: URL,
  credentials: HttpTransportOptions['credentials'],
  exchange: Exchange,
  clock: Clock,
): LoginSource | undefined {
  if (credentials === undefined) return undefined
  if ('githubApp' in credentials) return githubAppLogin(credentials.githubApp, { base, exchange, clock })
  return fixedLogin(credentials)
}

function isPush({ method, url }: TransportRequest): boolean {
  return method === 'POST' && url.endsWith('/git-receive-pack')
}

function received(
  url: URL,
  { status, statusText, headers, body }: ExchangeAnswer,
  deadline: Deadline,
  limit: number,
): Omit<TransportResponse, 'authenticated'> {
  const bounded = boundedBody(body, deadline, limit)
  return { url: cleanUrl(url), statusCode: status, statusMessage: statusText, headers, body: bounded }
}

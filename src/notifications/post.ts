import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { reasonOf } from '../error.js'
import type { Clock } from '../lifecycle/clock.js'
import { ForwardingAgent } from '../net/agents.js'
import { createPools, type Pools, type Route } from '../net/pools.js'
import type { Proxies } from '../net/proxies.js'
import { parseRetryAfter } from '../net/retry-after.js'
import { NOT_TLS, systemCodeOf } from '../net/system-code.js'
import { oneLine } from '../telemetry/one-line.js'
import type { Endpoint } from './destination.js'
import { NotificationError } from './errors.js'

export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** Sends one body to the URL of an entry. Follows no redirect: what proves who we are is for nobody else. Throws `NotificationError`. */
export type Post = (request: PostRequest) => Promise<void>

export interface PostOptions {
  readonly proxies: Proxies
  readonly clock: Clock
  readonly userAgent: string
  /** To connect, to send and to get an answer. */
  readonly withinMs?: number
}

export interface PostedTo extends Endpoint {
  /** Of the entry. */
  readonly name: string
}

const WITHIN_MS = 10_000
/** Kept for a message that comes soon after. */
const IDLE_MS = 4_000
/** Enough for what a server says of a refusal. */
const MAX_ANSWER_BYTES = 4_096
const MAX_REASON = 200

export function postTo(
  { name, url: text, tls, proxy }: PostedTo,
  secrets: readonly string[],
  options: PostOptions,
): Post {
  const { proxies, clock, userAgent, withinMs = WITHIN_MS } = options
  const url = new URL(text)
  const route: Route = { origin: url.origin, tls, proxy }
  const pools = createPools({ routeTo: () => route, proxies, clock, tunnelMs: withinMs / 2, idleMs: IDLE_MS })
  const action = `Cannot notify "${name}"`
  const concealed = [...secrets.filter((secret) => secret.length >= 4), ...secretsIn(url)]
  const conceal = (said: string) => concealed.reduce((shown, secret) => shown.replaceAll(secret, '***'), said)

  return async ({ headers, body, signal }) => {
    const overdue = new AbortController()
    const cancel = clock.after(withinMs, () => overdue.abort())
    try {
      const sent = {
        headers: { 'user-agent': userAgent, ...headers },
        body,
        signal: AbortSignal.any([signal, overdue.signal]),
      }
      const answer = await exchange(url, pools, sent)
      if (answer.status < 200 || answer.status > 299) throw refusal(action, url, answer, conceal, clock.now())
    } catch (thrown) {
      if (thrown instanceof NotificationError) throw thrown
      signal.throwIfAborted()
      const reason = overdue.signal.aborted ? `no answer within ${withinMs} ms` : unreachableBecause(thrown)
      // No cause: it would have the address.
      throw new NotificationError('UNREACHABLE', `${action}: "${url.origin}" cannot be reached (${conceal(reason)})`, {
        retryable: true,
      })
    } finally {
      cancel()
    }
  }
}

/** Servers repeat what they were asked for, whole or in part, as it was sent or decoded. The longest first. */
function secretsIn(url: URL): readonly string[] {
  const { href, pathname, search, searchParams } = url
  const parts = [...pathname.split('/'), ...search.slice(1).split(/[&=]/), ...searchParams.values()]
  const texts = [href, `${pathname}${search}`, ...parts.filter((part) => part.length >= SHORTEST_PART)]
  const distinct = new Set([...texts, ...texts.map(decoded)])
  return [...distinct].filter((text) => text.length >= 4).sort((a, b) => b.length - a.length)
}

/** What is shorter is a word rather than a secret. */
const SHORTEST_PART = 10

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

function exchange(url: URL, pools: Pools, { headers, body, signal }: PostRequest): Promise<Answer> {
  const { agent } = pools.agentFor(url.origin, { url, reach: undefined })
  const isForwarded = agent instanceof ForwardingAgent
  const options = {
    method: 'POST',
    agent,
    signal,
    headers: {
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
      ...(isForwarded && agent.headers),
    },
    ...(isForwarded && { path: url.href }),
  }
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http
    const request = client.request(url, options, (response) => {
      if (response.statusCode === 407 && isForwarded) {
        response.destroy()
        return reject(agent.refusal())
      }
      const { statusCode = 0, headers: answered } = response
      const answer = (text: string) => resolve({ status: statusCode, retryAfter: answered['retry-after'], text })
      beginningOf(response).then(answer, reject)
    })
    request.once('error', reject)
    request.end(body)
  })
}

/** Some never end what they say. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response) {
    pieces.push(piece)
    size += piece.length
    if (size >= MAX_ANSWER_BYTES) break
  }
  return Buffer.concat(pieces).subarray(0, MAX_ANSWER_BYTES).toString()
}

function refusal(
  action: string,
  { origin }: URL,
  { status, retryAfter, text }: Answer,
  conceal: (said: string) => string,
  now: number,
): NotificationError {
  if (status >= 300 && status < 400) {
    return new NotificationError('REFUSED', `${action}: "${origin}" redirects elsewhere, which is not followed`)
  }
  const said = oneLine(conceal(text.trim()).slice(0, MAX_REASON))
  const message = `${action}: "${origin}" answered ${status}${said === '' ? '' : ` (${said})`}`
  if (!TRY_AGAIN.has(status) && status < 500) return new NotificationError('REFUSED', message)
  return new NotificationError('UNAVAILABLE', message, { retryable: true, retryAt: parseRetryAfter(retryAfter, now) })
}

/** RFC 9110, section 15.5.9; RFC 8470, section 5.2; RFC 6585, section 4. */
const TRY_AGAIN: ReadonlySet<number> = new Set([408, 425, 429])

function unreachableBecause(thrown: unknown): string {
  return NOT_TLS.has(systemCodeOf(thrown)) ? 'it does not speak TLS' : reasonOf(thrown)
}

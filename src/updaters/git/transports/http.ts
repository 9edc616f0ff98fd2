import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import axios, { type AxiosResponse } from 'axios'
import { reasonOf } from '../../../error.js'
import { type Clock, systemClock } from '../../../lifecycle/clock.js'
import { GitError } from '../errors.js'
import type { Credentials } from './access.js'
import { type Deadline, openDeadline } from './deadline.js'
import {
  MAX_ANSWER_BYTES,
  MAX_CONVERSATION_MS,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from './transport.js'

export interface HttpTransportOptions {
  readonly credentials?: Credentials | undefined
  readonly clock?: Clock
  readonly maxAnswerBytes?: number
  /** To connect and to get the first byte, and between two pieces of an answer. */
  readonly idleMs?: number
  readonly totalMs?: number
}

export function httpTransport(base: URL, options: HttpTransportOptions = {}): Transport {
  const { credentials, clock = systemClock, maxAnswerBytes = MAX_ANSWER_BYTES } = options
  const { idleMs = 30_000, totalMs = MAX_CONVERSATION_MS } = options
  const root = cleanUrl(base)
  const authorization = credentials && basic(credentials)
  const secrets = credentials ? [credentials.password, authorization?.slice('Basic '.length) ?? ''] : []

  const isTrusted = (url: URL) => authorization !== undefined && url.origin === base.origin

  async function send(url: URL, request: TransportRequest, signal: AbortSignal): Promise<AxiosResponse<Readable>> {
    return axios.request<Readable>({
      url: url.href,
      method: request.method,
      headers: {
        'user-agent': 'git/tidemark',
        ...request.headers,
        ...(isTrusted(url) ? { authorization } : {}),
      },
      data: request.body,
      signal,
      responseType: 'stream',
      maxRedirects: 0,
      maxBodyLength: Number.POSITIVE_INFINITY,
      validateStatus: () => true,
      proxy: false,
      httpAgent: agents.http,
      httpsAgent: agents.https,
    })
  }

  async function follow(request: TransportRequest, deadline: Deadline): Promise<TransportResponse> {
    let url = new URL(request.url)
    for (let redirects = 0; ; redirects++) {
      const response = await send(url, request, deadline.signal)
      deadline.renew()
      const next = redirectOf(response, url)
      if (next === undefined) {
        const body = bounded(response.data, deadline, maxAnswerBytes)
        return { ...received(url, response, body), authenticated: isTrusted(url) }
      }
      response.data.destroy()
      if (redirects === MAX_REDIRECTS)
        throw new GitError('INVALID_ANSWER', `server redirects more than ${MAX_REDIRECTS} times`)
      url = next
    }
  }

  return {
    name: root,
    base: root,
    conceal: (text) =>
      secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text),
    async request(request) {
      const deadline = openDeadline({ clock, idleMs, totalMs, signal: request.signal })
      try {
        return await follow(request, deadline)
      } catch (thrown) {
        deadline.close()
        throw failureOf(thrown, deadline)
      }
    },
  }
}

/** A URL as people may see it and as isomorphic-git appends to it. */
function cleanUrl(url: URL): string {
  return url.origin + url.pathname.replace(/\/+$/, '')
}

const MAX_REDIRECTS = 5

// A connection that has been idle is dropped before the server would drop it: a push must not fail for that.
const agents = {
  http: new HttpAgent({ keepAlive: true, timeout: 4_000 }),
  https: new HttpsAgent({ keepAlive: true, timeout: 4_000 }),
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

// The method and the body stay, which 303 would change: Git never answers so.
function redirectOf(response: AxiosResponse<Readable>, from: URL): URL | undefined {
  const location: unknown = response.headers.location
  if (![301, 302, 307, 308].includes(response.status) || typeof location !== 'string') return undefined
  if (!URL.canParse(location, from.href)) throw new GitError('INVALID_ANSWER', 'server redirects to what is no URL')
  const to = new URL(location, from)
  to.username = ''
  to.password = ''
  const downgrade = from.protocol === 'https:' && to.protocol !== 'https:'
  if (downgrade || !/^https?:$/.test(to.protocol))
    throw new GitError('INVALID_ANSWER', `server redirects to "${to.origin}", which is not safe to follow`)
  return to
}

function received(
  url: URL,
  response: AxiosResponse<Readable>,
  body: AsyncIterable<Uint8Array>,
): Omit<TransportResponse, 'authenticated'> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) headers[name.toLowerCase()] = String(value)
  return { url: cleanUrl(url), statusCode: response.status, statusMessage: response.statusText, headers, body }
}

async function* bounded(stream: Readable, deadline: Deadline, limit: number): AsyncGenerator<Uint8Array> {
  const stop = () => stream.destroy(new Error('stopped'))
  deadline.signal.addEventListener('abort', stop, { once: true })
  let total = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      deadline.renew()
      total += chunk.length
      if (total > limit) throw new GitError('TOO_LARGE', `answer has more than ${limit} bytes`)
      yield chunk
    }
  } catch (thrown) {
    throw failureOf(thrown, deadline)
  } finally {
    deadline.close()
    stream.destroy()
  }
}

function failureOf(thrown: unknown, deadline: Deadline): unknown {
  if (deadline.signal.aborted) return deadline.signal.reason
  if (thrown instanceof GitError) return thrown
  // An error of axios carries the request with its credentials, so that it cannot be the cause.
  return new GitError('UNREACHABLE', reasonOf(thrown), { retryable: true })
}

import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import axios from 'axios'
import { ForwardingAgent } from '../../../net/agents.js'
import type { Hop, Pools } from '../../../net/pools.js'
import { addressIn } from '../../../net/proxies.js'

export interface ExchangeRequest {
  readonly hop: Hop
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  /** Whether it does no harm to be asked twice. */
  readonly repeatable: boolean
  readonly signal: AbortSignal
}

export interface ExchangeAnswer {
  readonly hop: Hop
  readonly status: number
  readonly statusText: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
  /** The IP address that answered; undefined where only a proxy knows. */
  readonly address: string | undefined
}

/** One request and its answer, no redirect followed, whatever the status. Fails as Node does, with `code`. */
export type Exchange = (request: ExchangeRequest) => Promise<ExchangeAnswer>

/** By the route to `server`, and for whom it sends us to. */
export function exchangeOver(server: string, pools: Pools): Exchange {
  return async function exchange(request) {
    const { url } = request.hop
    const { agent, proxied } = pools.agentFor(server, request.hop)
    const connection = watched(url, agent)
    try {
      const response = await axios.request<Readable>({
        url: url.href,
        method: request.method,
        headers: { 'user-agent': 'git/tidemark', ...request.headers },
        data: request.body,
        signal: request.signal,
        responseType: 'stream',
        maxRedirects: 0,
        maxBodyLength: Number.POSITIVE_INFINITY,
        validateStatus: () => true,
        proxy: false,
        transport: connection,
        httpAgent: agent,
        httpsAgent: agent,
      })
      if (response.status === 407 && agent instanceof ForwardingAgent) {
        response.data.destroy()
        throw agent.refusal()
      }
      return {
        hop: request.hop,
        status: response.status,
        statusText: response.statusText,
        headers: flatten(response.headers),
        body: response.data,
        address: proxied ? addressIn(url) : connection.address(),
      }
    } catch (error) {
      if (!request.repeatable || !connection.wasStale(error)) throw error
      return exchange(request)
    }
  }
}

/** What axios sends by instead of Node's client: a proxy is asked by the whole URL, and what axios does not tell is noted. */
function watched(url: URL, agent: http.Agent) {
  let sent: ClientRequest | undefined
  let address: string | undefined

  return {
    request(options: RequestOptions, answered: (response: IncomingMessage) => void): ClientRequest {
      const client = url.protocol === 'https:' ? https : http
      sent = client.request(agent instanceof ForwardingAgent ? forwarded(url, options, agent) : options, (response) => {
        address = response.socket.remoteAddress
        answered(response)
      })
      return sent
    },
    address: () => address,
    /** A kept connection may have been closed by the other side just now. Each failing one leaves the pool, so this ends. */
    wasStale: (error: unknown) => address === undefined && sent?.reusedSocket === true && isReset(error),
  }
}

function forwarded(url: URL, options: RequestOptions, agent: ForwardingAgent): RequestOptions {
  return { ...options, path: url.origin + options.path, headers: { ...options.headers, ...agent.headers } }
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

function flatten(headers: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
}

import http, { type ClientRequestArgs } from 'node:http'
import https from 'node:https'
import net, { type LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import tls, { type ConnectionOptions, type SecureContext } from 'node:tls'
import type { Clock } from '../../lifecycle/clock.js'
import { hostOf } from './proxies.js'

/** How connections of one pool are made. */
export interface Way {
  readonly connections: number
  /** Names are looked up by the proxy, where there is one. */
  readonly lookup?: LookupFunction | undefined
  readonly proxy?: URL | undefined
  readonly secureContext?: (() => Promise<SecureContext>) | undefined
  readonly clock: Clock
  /** How long a proxy may take to open a tunnel. */
  readonly tunnelMs: number
  /** How long a connection that nobody uses is kept; absent where that is for the other side to say. */
  readonly idleMs?: number | undefined
}

type Created = (error: Error | null, socket?: Duplex) => void

/** Node's agents make their connections so; the callback is for those that take time. */
interface Connecting {
  createConnection(options: ClientRequestArgs, created: Created): Duplex | undefined
}

const connectSecure = (https.Agent.prototype as unknown as Connecting).createConnection

/** Asks `http://` targets by their whole URL, as proxies want it (RFC 9112, section 3.2.2). */
export class ForwardingAgent extends http.Agent implements Connecting {
  readonly headers: Readonly<Record<string, string>>
  readonly #proxy: URL

  constructor(proxy: URL, connections: number) {
    super({ keepAlive: true, maxSockets: connections })
    this.#proxy = proxy
    this.headers = proxyHeaders(proxy)
  }

  override createConnection(): Duplex {
    return connectTo(this.#proxy)
  }
}

/** For targets of one scheme. */
export function createAgent(secure: boolean, way: Way): http.Agent {
  const { connections, lookup, proxy, secureContext, idleMs } = way
  const options = {
    keepAlive: true,
    maxSockets: connections,
    ...(lookup !== undefined && { lookup }),
    ...(idleMs !== undefined && { timeout: idleMs }),
  }
  if (!secure) return proxy === undefined ? new http.Agent(options) : new ForwardingAgent(proxy, connections)
  const agent = new https.Agent(options)
  if (proxy === undefined && secureContext === undefined) return agent
  const connecting: Connecting = {
    createConnection(target, created) {
      prepare(target, way).then(
        (prepared) => created(null, connectSecure.call(agent, { ...target, ...prepared }, created)),
        created,
      )
      return undefined
    },
  }
  return Object.assign(agent, connecting)
}

async function prepare(target: ClientRequestArgs, way: Way): Promise<ConnectionOptions> {
  const secureContext = await way.secureContext?.()
  const socket = way.proxy && (await openTunnel(way.proxy, target, way))
  return { ...(secureContext !== undefined && { secureContext }), ...(socket !== undefined && { socket }) }
}

/** Asks a proxy for a connection to the target (RFC 9110, section 9.3.6). */
function openTunnel(proxy: URL, { host, port }: ClientRequestArgs, { clock, tunnelMs }: Way): Promise<net.Socket> {
  const authority = `${host?.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const request = http.request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyHeaders(proxy) },
      createConnection: () => connectTo(proxy),
    })
    const cancel = clock.after(tunnelMs, () => request.destroy(failure(proxy, `opened none within ${tunnelMs} ms`)))
    request.once('connect', ({ statusCode: status = 0 }, socket, head) => {
      cancel()
      if (status >= 200 && status < 300 && head.length === 0) return resolve(socket as net.Socket)
      socket.destroy()
      reject(failure(proxy, status < 300 ? 'spoke before it was asked' : `answered ${status}`))
    })
    request.once('response', (response) => {
      response.destroy()
      request.destroy(failure(proxy, `answered ${response.statusCode}`))
    })
    request.once('error', (error) => {
      cancel()
      reject(error)
    })
    request.end()
  })
}

function connectTo(proxy: URL): net.Socket {
  const host = hostOf(proxy)
  const port = Number(proxy.port || (proxy.protocol === 'https:' ? 443 : 80))
  if (proxy.protocol === 'http:') return net.connect({ host, port })
  return tls.connect({ host, port, ...(net.isIP(host) === 0 && { servername: host }) })
}

function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }
}

function failure({ protocol, host }: URL, what: string): Error {
  return Object.assign(new Error(`proxy "${protocol}//${host}" ${what}`), { code: 'ERR_PROXY' })
}

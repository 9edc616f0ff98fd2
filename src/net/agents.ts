import http, { type ClientRequestArgs } from 'node:http'
import https from 'node:https'
import net, { type LookupFunction } from 'node:net'
import type { Duplex } from 'node:stream'
import tls, { type ConnectionOptions, type SecureContext } from 'node:tls'
import { reasonOf } from '../error.js'
import type { Clock } from '../lifecycle/clock.js'
import { hostOf } from './proxies.js'
import { NOT_TLS, systemCodeOf } from './system-code.js'

/** How connections of one pool are made. */
export interface Way {
  readonly connections: number
  /** Names are looked up by the proxy, where there is one. */
  readonly lookup?: LookupFunction | undefined
  readonly proxy?: URL | undefined
  readonly secureContext?: (() => Promise<SecureContext>) | undefined
  /** For TLS to the proxy itself. */
  readonly proxyContext?: (() => Promise<SecureContext>) | undefined
  readonly clock: Clock
  /** How long a proxy may take to accept a connection, and then to open a tunnel. */
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
  readonly #way: Way

  constructor(proxy: URL, way: Way) {
    super({ keepAlive: true, maxSockets: way.connections, ...(way.idleMs !== undefined && { timeout: way.idleMs }) })
    this.#proxy = proxy
    this.#way = way
    this.headers = proxyHeaders(proxy)
  }

  /** The error of the proxy's own answer 407. */
  refusal(): Error {
    return refused(this.#proxy, 407)
  }

  override createConnection(_: ClientRequestArgs, created: Created): undefined {
    connectTo(this.#proxy, this.#way).then((socket) => created(null, socket), created)
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
  if (!secure) return proxy === undefined ? new http.Agent(options) : new ForwardingAgent(proxy, way)
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
async function openTunnel(proxy: URL, { host, port }: ClientRequestArgs, way: Way): Promise<net.Socket> {
  const { clock, tunnelMs } = way
  const connection = await connectTo(proxy, way)
  const authority = `${host?.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const request = http.request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...proxyHeaders(proxy) },
      createConnection: () => connection,
    })
    const cancel = clock.after(tunnelMs, () => request.destroy(failure(proxy, `opened none within ${tunnelMs} ms`)))
    request.once('connect', ({ statusCode: status = 0 }, socket, head) => {
      cancel()
      if (status >= 200 && status < 300 && head.length === 0) return resolve(socket as net.Socket)
      socket.destroy()
      reject(status < 300 ? failure(proxy, 'spoke before it was asked') : refused(proxy, status))
    })
    request.once('response', (response) => {
      response.destroy()
      request.destroy(refused(proxy, response.statusCode ?? 0))
    })
    request.once('error', (error) => {
      cancel()
      reject(
        systemCodeOf(error).startsWith('ERR_PROXY') ? error : failure(proxy, `opened no tunnel (${reasonOf(error)})`),
      )
    })
    request.end()
  })
}

/** Fails by the proxy's name: the server is not to blame. */
async function connectTo(proxy: URL, { proxyContext, clock, tunnelMs }: Way): Promise<net.Socket> {
  const host = hostOf(proxy)
  const secure = proxy.protocol === 'https:'
  const port = Number(proxy.port || (secure ? 443 : 80))
  const secureContext = secure ? await proxyContext?.() : undefined
  const socket = secure
    ? tls.connect({
        host,
        port,
        ...(net.isIP(host) === 0 && { servername: host }),
        ...(secureContext && { secureContext }),
      })
    : net.connect({ host, port })
  return new Promise((resolve, reject) => {
    const cancel = clock.after(tunnelMs, () => socket.destroy(new Error(`no connection within ${tunnelMs} ms`)))
    socket.once('error', (error) => {
      cancel()
      const reason = NOT_TLS.has(systemCodeOf(error)) ? 'it does not speak TLS' : reasonOf(error)
      reject(failure(proxy, `cannot be reached (${reason})`))
    })
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      cancel()
      resolve(socket)
    })
  })
}

function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }
}

/** With code `ERR_PROXY_LOGIN` where the proxy wants another login or one at all (RFC 9110, section 15.5.8). */
function refused(proxy: URL, status: number): Error {
  if (status !== 407) return failure(proxy, `answered ${status}`)
  const asked = proxy.username === '' ? 'it wants a user name and password' : 'it refused the user name and password'
  return Object.assign(failure(proxy, `answered 407: ${asked}`), { code: 'ERR_PROXY_LOGIN' })
}

function failure({ protocol, host }: URL, what: string): Error {
  return Object.assign(new Error(`proxy "${protocol}//${host}" ${what}`), { code: 'ERR_PROXY' })
}

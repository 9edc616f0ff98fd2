import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request as ask, createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { Certificate } from './authority.js'

/** An HTTP proxy: it forwards whole URLs (RFC 9112, section 3.2.2) and opens tunnels (RFC 9110, section 9.3.6). */
export interface ProxyPart {
  readonly url: string
  /** What has passed, such as `CONNECT 127.0.0.1:5000` and `GET http://127.0.0.1:5000/v2/`. */
  readonly passed: string[]
  stop(): Promise<void>
}

export interface ProxyOptions {
  /** What it must be shown: a user name and password with a colon between. */
  readonly login?: string
  /** The host and port that every name stands for: a network that only the proxy knows. Addresses stand for themselves. */
  readonly names?: string
  /** Speaks TLS with this certificate. */
  readonly certificate?: Certificate
  /** Takes requests for tunnels and never answers. */
  readonly hangs?: boolean
}

export async function startProxy({ login, names, certificate, hangs = false }: ProxyOptions = {}): Promise<ProxyPart> {
  const passed: string[] = []
  const sockets = new Set<Socket>()
  const isAllowed = ({ headers }: IncomingMessage) =>
    login === undefined || headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`

  const forward: RequestListener = (incoming, response) => {
    if (!isAllowed(incoming)) {
      response.writeHead(407).end()
      return
    }
    passed.push(`${incoming.method} ${incoming.url}`)
    const { 'proxy-authorization': _, ...headers } = incoming.headers
    const url = new URL(incoming.url ?? '')
    if (names !== undefined && /[a-z]/.test(url.hostname)) url.host = names
    const outgoing = ask(url, { method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.writeHead(502).end())
    incoming.pipe(outgoing)
  }
  const server =
    certificate === undefined
      ? createServer(forward)
      : createSecureServer({ cert: await readFile(certificate.cert), key: await readFile(certificate.key) }, forward)
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (incoming, socket: Socket) => {
    socket.on('error', () => {})
    if (hangs) return
    if (!isAllowed(incoming)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      return
    }
    passed.push(`CONNECT ${incoming.url}`)
    const { hostname, port } = new URL(`http://${incoming.url}`)
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      tunnel.pipe(socket).pipe(tunnel)
    })
    sockets.add(tunnel)
    tunnel.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start a proxy: no address')

  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    passed,
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

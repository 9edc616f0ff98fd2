import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Certificate } from '../authority.js'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A server of somebody else that is sent messages. */
export interface Receiver {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  /** Whatever came, accepted or not. */
  readonly received: readonly Received[]
  stop(): Promise<void>
}

/** What to answer; one that never answers resolves to undefined. */
export type Answer = (request: Received) => Reply | undefined

export async function startReceiver(answer: Answer, certificate?: Certificate): Promise<Receiver> {
  const received: Received[] = []
  const listener: RequestListener = async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const message = { method, path, headers, body: await text(request) }
    received.push(message)
    const reply = answer(message)
    if (reply !== undefined) response.writeHead(reply.status, reply.headers).end(reply.body)
  }
  const server =
    certificate === undefined
      ? createServer(listener)
      : createSecureServer({ cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    origin: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    received,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A server that answers as a test says: what no registry at hand does, over real HTTP. */
export interface OddServer {
  readonly host: string
  readonly url: string
  /** Every request so far, oldest first. */
  readonly requests: readonly OddRequest[]
  stop(): Promise<void>
}

export interface OddRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly accept: string | undefined
  readonly body: string
}

export type OddAnswer = (request: OddRequest, response: ServerResponse, message: IncomingMessage) => void

/** Starts it on an address of this machine. `127.0.0.2` is another host than `127.0.0.1`, and as near. */
export async function startOddServer(answer: OddAnswer, address = '127.0.0.1'): Promise<OddServer> {
  const requests: OddRequest[] = []
  const server = createServer(async (message, response) => {
    let body = ''
    for await (const chunk of message) body += chunk
    const { authorization, accept } = message.headers
    const request = { method: message.method ?? '', path: message.url ?? '', authorization, accept, body }
    requests.push(request)
    answer(request, response, message)
  })
  server.listen(0, address)
  await once(server, 'listening')
  const listening = server.address()
  if (listening === null || typeof listening === 'string') throw new Error('Cannot start a server: no address')
  const host = `${address}:${listening.port}`

  return {
    host,
    url: `http://${host}`,
    requests,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

export function json(
  response: ServerResponse,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document))
}

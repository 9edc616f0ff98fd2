import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, Server as SecureServer } from 'node:https'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { Certificate } from './authority.js'

/** A registry whose one repository, `team/app`, has 1.0.0. While it is broken it would have 1.1.0 too, and then it has. */
export interface ChaosRegistry {
  /** As it stands in references, such as `127.0.0.1:5000`. */
  readonly host: string
  break(): void
  heal(): void
  stop(): Promise<void>
}

/** What a broken registry does with a request. */
export type Chaos = (request: IncomingMessage, response: ServerResponse) => void

export interface ChaosOptions {
  /** Absent: as if it were well. */
  readonly chaos?: Chaos | undefined
  /** By HTTPS, with one certificate while it is well and another one while it is broken. */
  readonly tls?: { readonly well: Certificate; readonly broken: Certificate } | undefined
  /** The name that it goes by. Default: its address. */
  readonly name?: string | undefined
}

export async function startChaosRegistry({ chaos, tls, name = '127.0.0.1' }: ChaosOptions): Promise<ChaosRegistry> {
  let tags = ['1.0.0']
  let broken = false
  const answer: RequestListener = (request, response) => {
    if (broken && chaos !== undefined) chaos(request, response)
    else beWell(tags, request, response)
  }
  const contexts = tls && { well: await readCertificate(tls.well), broken: await readCertificate(tls.broken) }
  const server = contexts === undefined ? createServer(answer) : createSecureServer(contexts.well, answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start a registry: no address')

  const become = (state: 'well' | 'broken') => {
    broken = state === 'broken'
    if (contexts !== undefined && server instanceof SecureServer) server.setSecureContext(contexts[state])
    server.closeAllConnections() // those that are kept know nothing of certificates and names
  }
  return {
    host: `${name}:${address.port}`,
    break() {
      tags = ['1.0.0', '1.1.0']
      become('broken')
    },
    heal: () => become('well'),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function readCertificate({ cert, key }: Certificate) {
  return { cert: await readFile(cert), key: await readFile(key) }
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE })

/** Lists and manifests as in the OCI distribution specification, sections "Content Discovery" and "Pulling manifests". */
function beWell(tags: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  const digest = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`
  if (isList(request)) sendJson(response, { name: 'team/app', tags })
  else response.writeHead(200, { 'content-type': MANIFEST_TYPE, 'docker-content-digest': digest }).end(MANIFEST)
}

function isList({ url = '' }: IncomingMessage): boolean {
  return url.includes('/tags/list')
}

function sendJson(response: ServerResponse, document: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document))
}

export const fail: Chaos = (_, response) => response.writeHead(500).end()

/** Gives tokens (the distribution project's docs/content/spec/auth/token.md), and takes none of them. */
export const refuseItsTokens: Chaos = ({ url, headers }, response) => {
  const challenge = `Bearer realm="http://${headers.host}/token",service="registry",scope="repository:team/app:pull"`
  if (url?.startsWith('/token')) sendJson(response, { token: `t${Date.now()}` })
  else response.writeHead(401, { 'www-authenticate': challenge }).end()
}

export const hang: Chaos = () => {}

export const resetInMidBody: Chaos = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"tags":["1.1.0",', () => {
    response.socket?.resetAndDestroy()
  })
}

export const sendHtml: Chaos = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>')
}

/** 50 MB of valid tags. */
export const sendLongList: Chaos = (_, response) => {
  const tags = Buffer.from(`${'"1.1.0",'.repeat(125_000)}\n`)
  response.writeHead(200, { 'content-type': 'application/json' })
  Readable.from(['{"tags":[', ...Array<Buffer>(50).fill(tags), '"1.0.0"]}']).pipe(response)
}

let pages = 0

/** Each page has a tag that is new and a link to another page. */
export const pageForEver: Chaos = (_, response) => {
  const tag = `1.1.0-${++pages}`
  sendJson(response, { tags: [tag] }, { link: `</v2/team/app/tags/list?last=${tag}>; rel="next"` })
}

const BOMB = gzipSync(Buffer.alloc(200_000_000))

export const sendBomb: Chaos = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(BOMB)
}

/** A byte of the answer's head now and then, so that the connection is never idle. */
export const drip: Chaos = (_, { socket }) => {
  socket?.write('HTTP/1.1 200 OK\r\nx-drip: ')
  const timer = setInterval(() => socket?.write('.'), 100)
  socket?.once('close', () => clearInterval(timer))
}

/** A list that is right, and for its tags a manifest that is not of the digest that it claims. HEAD tells no digest. */
export const sendWrongManifest: Chaos = (request, response) => {
  const digest = request.method === 'GET' ? { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } : {}
  if (isList(request)) beWell(['1.0.0', '1.1.0'], request, response)
  else response.writeHead(200, { 'content-type': MANIFEST_TYPE, ...digest }).end(MANIFEST)
}

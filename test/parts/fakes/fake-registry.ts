import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * A registry that cannot be had here, as far as Tidemark asks it, over real HTTP: one repository with a few hundred tags of
 * one image. Each file beside this one is one vendor's, with what it does differently from the others and where that is told.
 */
export interface FakeRegistry {
  readonly host: string
  readonly url: string
  readonly repository: string
  /** In the order in which they were pushed. */
  readonly tags: string[]
  readonly digest: string
  /** Who may pull. Absent: everybody. */
  readonly credentials?: Login
  /** Every request so far, such as `GET /v2/team/app/tags/list?n=1000`. */
  readonly requests: readonly string[]
  stop(): Promise<void>
}

export interface Login {
  readonly username: string
  readonly password: string
}

export interface Ask {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly host: string
  readonly authorization: string | undefined
  /** The ETag of `If-None-Match`. */
  readonly known: string | undefined
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A text as it is, anything else as JSON. */
  readonly body?: unknown
}

export interface Behaviour {
  readonly credentials?: Login
  /** The refusal of a request that shows nothing, or the wrong thing. */
  readonly refuse: (ask: Ask) => Reply | undefined
  /** Answers who lists tags. */
  readonly list: (ask: Ask, tags: readonly string[]) => Reply
  /** Answers what is neither a list nor a manifest. */
  readonly other?: (ask: Ask, tags: readonly string[]) => Reply | undefined
  /** Sent with every manifest. */
  readonly manifestHeaders?: Readonly<Record<string, string>>
}

export const REPOSITORY = 'team/app'
export const LIST = `/v2/${REPOSITORY}/tags/list`
const MANIFESTS = `/v2/${REPOSITORY}/manifests/`
const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}'
export const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`

export async function startFakeRegistry(behaviour: Behaviour): Promise<FakeRegistry> {
  const tags = Array.from({ length: 250 }, (_, index) => `1.${index}.0`)
  const requests: string[] = []
  const server = createServer((message, response) => {
    const host = message.headers.host ?? ''
    const url = new URL(message.url ?? '/', `http://${host}`)
    const { authorization, 'if-none-match': known } = message.headers
    const ask = {
      method: message.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      host,
      authorization,
      known,
    }
    requests.push(`${ask.method} ${message.url}`)
    const { status, headers, body = '' } = answer(ask)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start a registry: no address')
  const host = `127.0.0.1:${address.port}`
  const { credentials } = behaviour

  return {
    host,
    url: `http://${host}`,
    repository: `${host}/${REPOSITORY}`,
    tags,
    digest: DIGEST,
    requests,
    ...(credentials && { credentials }),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }

  function answer(ask: Ask): Reply {
    if (ask.path === LIST) return behaviour.refuse(ask) ?? behaviour.list(ask, tags)
    if (ask.path.startsWith(MANIFESTS)) return behaviour.refuse(ask) ?? manifest(ask.path.slice(MANIFESTS.length))
    return behaviour.other?.(ask, tags) ?? error(404, 'NOT_FOUND', 'no such path')
  }

  function manifest(reference: string): Reply {
    if (!tags.includes(reference)) return error(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
    const headers = { 'content-type': INDEX, 'docker-content-digest': DIGEST, ...behaviour.manifestHeaders }
    return { status: 200, headers, body: MANIFEST }
  }
}

export function error(status: number, code: string, message: string, headers: Reply['headers'] = {}): Reply {
  return { status, headers, body: { errors: [{ code, message }] } }
}

/** The page of a list that follows the tag `last`, and whether another one follows it. */
export function pageAfter(list: readonly string[], last: string | null, size: number) {
  const start = last === null ? 0 : list.indexOf(last) + 1
  const tags = list.slice(start, start + size)
  return { tags, isLast: start + size >= list.length, end: tags.at(-1) ?? '' }
}

/** The page size that a query asks for, or the usual one. */
export function sizeIn({ query }: Ask, usual: number): number {
  return Number(query.get('n') ?? usual)
}

export function nextLink(target: string): Readonly<Record<string, string>> {
  return { link: `<${target}>; rel="next"` }
}

/** A list in code point order with a relative link, as most registries page it. */
export function sortedList(ask: Ask, tags: readonly string[], most = 100): Reply {
  const size = Math.min(sizeIn(ask, most), most)
  const page = pageAfter([...tags].sort(), ask.query.get('last'), size)
  const headers = page.isLast ? {} : nextLink(`${ask.path}?last=${page.end}&n=${size}`)
  return { status: 200, headers, body: { name: REPOSITORY, tags: page.tags } }
}

export function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

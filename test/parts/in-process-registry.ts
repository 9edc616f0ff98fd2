import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { RegistryPart, RegistryPartOptions } from './docker-registry.js'

export interface InProcessRegistryOptions extends Pick<RegistryPartOptions, 'port' | 'notifications'> {
  readonly auth?: Extract<RegistryPartOptions['auth'], { type: 'htpasswd' }>
}

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

interface StoredRepository {
  readonly tags: Map<string, string>
  readonly manifests: Map<string, { readonly mediaType: string; readonly body: Buffer }>
}

const INDEX = 'application/vnd.oci.image.index.v1+json'

/**
 * A small registry in this process, for where Debian's cannot be had: the push, pull, tag list and referrers parts of the OCI
 * distribution specification 1.1, and the distribution project's notifications of pushed tags. Held to the real one by the
 * conformance suite of the `Registry` port.
 */
export async function startInProcessRegistry(options: InProcessRegistryOptions = {}): Promise<RegistryPart> {
  const repositories = new Map<string, StoredRepository>()
  const blobs = new Map<string, Buffer>()
  const uploads = new Map<string, Buffer[]>() // by the path of their location

  const server = createServer((request, response) => {
    answer(request)
      .catch((error) => failure(500, 'UNKNOWN', String(error)))
      .then((reply) => send(response, reply))
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start a registry: no address')
  const host = `127.0.0.1:${address.port}`

  return {
    host,
    url: `http://${host}`,
    kind: 'in-process registry',
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    const body = await bodyOf(request)
    if (!isAllowed(request)) {
      const challenge = { 'www-authenticate': 'Basic realm="basic-realm"' }
      return { ...failure(401, 'UNAUTHORIZED', 'authentication required'), headers: challenge }
    }
    const url = new URL(request.url ?? '/', `http://${host}`)
    if (url.pathname === '/v2/') return { status: 200, body: '{}' }
    const [, name = '', kind, rest = ''] =
      /^\/v2\/(.+)\/(tags|manifests|blobs|referrers)\/(.*)$/.exec(url.pathname) ?? []
    if (kind === 'referrers') return referrersReply(name, rest)
    if (kind === 'tags') return tagsReply(name, url.searchParams)
    if (kind === 'manifests')
      return request.method === 'PUT' ? pushManifest(request, name, rest, body) : manifestReply(request, name, rest)
    if (kind !== 'blobs') return failure(404, 'NAME_INVALID', 'invalid path')
    return request.method === 'GET' || request.method === 'HEAD'
      ? blobReply(rest)
      : pushBlob(request, url, name, rest, body)
  }

  function isAllowed(request: IncomingMessage): boolean {
    const { auth } = options
    if (auth === undefined) return true
    const expected = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
    return request.headers.authorization === expected
  }

  function tagsReply(name: string, query: URLSearchParams): Reply {
    const repository = repositories.get(name)
    if (repository === undefined) return failure(404, 'NAME_UNKNOWN', 'repository name not known to registry')
    const last = query.get('last') ?? ''
    const limit = Number(query.get('n') ?? Number.POSITIVE_INFINITY)
    const left = [...repository.tags.keys()].sort().filter((tag) => tag > last)
    const tags = left.slice(0, limit)
    const next = `</v2/${name}/tags/list?last=${tags.at(-1)}&n=${limit}>; rel="next"`
    return { status: 200, headers: left.length > limit ? { link: next } : {}, body: JSON.stringify({ name, tags }) }
  }

  /** Section "Listing Referrers"; a filter is optional, and not applied. */
  function referrersReply(name: string, digest: string): Reply {
    const { manifests } = repositories.get(name) ?? emptyRepository()
    const referrers = [...manifests].flatMap(([own, { mediaType, body }]) => {
      const { subject, artifactType, config, annotations } = JSON.parse(body.toString())
      if (subject?.digest !== digest) return []
      return [
        { mediaType, digest: own, size: body.length, artifactType: artifactType ?? config?.mediaType, annotations },
      ]
    })
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: referrers }
    return { status: 200, headers: { 'content-type': INDEX }, body: JSON.stringify(index) }
  }

  function blobReply(digest: string): Reply {
    const body = blobs.get(digest)
    if (body === undefined) return failure(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
    return {
      status: 200,
      headers: { 'docker-content-digest': digest, 'content-type': 'application/octet-stream' },
      body,
    }
  }

  /** POST opens an upload or brings a whole blob, PATCH adds to an upload, PUT ends it. */
  function pushBlob(request: IncomingMessage, url: URL, name: string, rest: string, body: Buffer): Reply {
    const digest = url.searchParams.get('digest')
    const upload = uploads.get(url.pathname) ?? []
    if (request.method === 'POST' && digest === null) {
      const location = `/v2/${name}/blobs/uploads/${randomUUID()}`
      uploads.set(location, [])
      return { status: 202, headers: { location } }
    }
    if (request.method !== 'POST' && !uploads.has(url.pathname)) {
      return failure(404, 'BLOB_UPLOAD_UNKNOWN', `upload "${rest}" unknown to registry`)
    }
    if (request.method === 'PATCH') {
      upload.push(body)
      return { status: 202, headers: { location: url.pathname } }
    }
    const blob = Buffer.concat([...upload, body])
    if (digest !== digestOf(blob)) return failure(400, 'DIGEST_INVALID', 'digest is not that of the content')
    uploads.delete(url.pathname)
    blobs.set(digest, blob)
    return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } }
  }

  function manifestReply(request: IncomingMessage, name: string, reference: string): Reply {
    const { tags, manifests } = repositories.get(name) ?? emptyRepository()
    const digest = tags.get(reference) ?? reference
    const manifest = manifests.get(digest)
    if (manifest === undefined) return failure(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
    if (request.method === 'DELETE') {
      for (const [tag, target] of tags) if (target === digest) tags.delete(tag)
      manifests.delete(digest)
      return { status: 202 }
    }
    const { mediaType, body } = manifest
    if (!(request.headers.accept ?? '').includes(mediaType)) {
      return failure(404, 'MANIFEST_UNKNOWN', `${mediaType} found, but accept header does not support it`)
    }
    return { status: 200, headers: { 'content-type': mediaType, 'docker-content-digest': digest }, body }
  }

  function pushManifest(request: IncomingMessage, name: string, reference: string, body: Buffer): Reply {
    const mediaType = request.headers['content-type'] ?? ''
    const digest = digestOf(body)
    const byDigest = reference.startsWith('sha256:')
    if (byDigest && reference !== digest) return failure(400, 'DIGEST_INVALID', 'digest is not that of the content')

    const repository = repositories.get(name) ?? emptyRepository()
    repositories.set(name, repository)
    repository.manifests.set(digest, { mediaType, body })
    if (!byDigest) {
      repository.tags.set(reference, digest)
      notify({ mediaType, size: body.length, digest, repository: name, tag: reference })
    }
    return { status: 201, headers: { location: `/v2/${name}/manifests/${digest}`, 'docker-content-digest': digest } }
  }

  /** In the form of the distribution project's docs/content/about/notifications.md, and like there not waited for. */
  function notify(target: Readonly<Record<string, string | number>>): void {
    if (options.notifications === undefined) return
    const { url, authorization } = options.notifications
    const event = {
      id: randomUUID(),
      timestamp: new Date().toISOString(),
      action: 'push',
      target: {
        ...target,
        length: target.size,
        url: `http://${host}/v2/${target.repository}/manifests/${target.digest}`,
      },
      request: { id: randomUUID(), addr: '127.0.0.1', host, method: 'PUT', useragent: '' },
      actor: {},
      source: { addr: host, instanceID: randomUUID() },
    }
    const headers = { authorization, 'content-type': 'application/vnd.docker.distribution.events.v1+json' }
    fetch(url, { method: 'POST', headers, body: JSON.stringify({ events: [event] }) }).catch(() => {})
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function emptyRepository(): StoredRepository {
  return { tags: new Map(), manifests: new Map() }
}

function failure(status: number, code: string, message: string): Reply {
  return { status, body: JSON.stringify({ errors: [{ code, message }] }) }
}

function send(response: ServerResponse, { status, headers, body = '' }: Reply): void {
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers })
  response.end(body) // Node itself leaves the body out for HEAD
}

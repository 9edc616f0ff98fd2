import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** Where to push to: a registry part, or anything with its address. */
export interface PushTarget {
  readonly url: string
}

export interface PushCredentials {
  readonly username: string
  readonly password: string
}

export interface ImageOptions {
  readonly credentials?: PushCredentials | undefined
  /** Such as `linux/arm64/v8`. Several make an index; default: one image for linux/amd64. */
  readonly platforms?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  /** What the image contains. Default: the tag, so that each tag has a digest of its own. */
  readonly text?: string
}

const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: Readonly<Record<string, string>>
}

/**
 * Pushes a real OCI image of a few hundred bytes by the distribution API, and returns the digest that its tag then has.
 * Against a registry that wants tokens, one is asked for with the credentials.
 */
export async function pushImage(
  registry: PushTarget,
  repository: string,
  tag: string,
  options: ImageOptions = {},
): Promise<{ readonly digest: string }> {
  const { platforms = ['linux/amd64'], annotations, text = tag } = options
  const pusher = new Pusher(registry, repository, options.credentials)
  const images: Descriptor[] = []
  for (const platform of platforms) {
    const manifest = JSON.stringify(
      await pusher.image(platform, text, platforms.length === 1 ? annotations : undefined),
    )
    const reference = platforms.length === 1 ? tag : digestOf(Buffer.from(manifest))
    images.push({ ...(await pusher.manifest(reference, IMAGE, manifest)), platform: platformOf(platform) })
  }
  const [only] = images
  if (images.length === 1 && only !== undefined) return { digest: only.digest }
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: images,
    ...(annotations && { annotations }),
  })
  const { digest } = await pusher.manifest(tag, INDEX, index)
  return { digest }
}

/** Gives one image many tags: a request for each, a few at a time. */
export async function pushTags(
  registry: PushTarget,
  repository: string,
  tags: readonly string[],
  options: Pick<ImageOptions, 'credentials' | 'text'> = {},
): Promise<{ readonly digest: string }> {
  const pusher = new Pusher(registry, repository, options.credentials)
  const manifest = JSON.stringify(await pusher.image('linux/amd64', options.text ?? repository, undefined))
  const left = [...tags]
  const worker = async () => {
    for (let tag = left.pop(); tag !== undefined; tag = left.pop()) await pusher.manifest(tag, IMAGE, manifest)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return { digest: digestOf(Buffer.from(manifest)) }
}

export interface Artifact {
  readonly layers: readonly {
    readonly mediaType: string
    readonly content: Buffer
    readonly annotations?: Readonly<Record<string, string>>
  }[]
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  /** What it refers to. */
  readonly subject?: string
}

/**
 * Pushes a manifest that is no image to run (OCI image specification 1.1, manifest.md, "Guidelines for Artifact Usage"), under
 * a tag or else its digest.
 */
export async function pushArtifact(
  registry: PushTarget,
  repository: string,
  { layers, artifactType, annotations, subject }: Artifact,
  tag?: string,
): Promise<Descriptor> {
  const pusher = new Pusher(registry, repository, undefined)
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: IMAGE,
    ...(artifactType && { artifactType }),
    config: await pusher.blob('application/vnd.oci.empty.v1+json', Buffer.from('{}')),
    layers: await Promise.all(
      layers.map(async ({ mediaType, content, annotations }) => ({
        ...(await pusher.blob(mediaType, content)),
        annotations,
      })),
    ),
    ...(subject && { subject: { mediaType: IMAGE, digest: subject, size: 2 } }),
    ...(annotations && { annotations }),
  })
  return pusher.manifest(tag ?? digestOf(Buffer.from(manifest)), IMAGE, manifest)
}

/** Pushes an index of what is there, under a tag. */
export async function pushIndex(
  registry: PushTarget,
  repository: string,
  tag: string,
  manifests: readonly object[],
): Promise<Descriptor> {
  const index = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })
  return new Pusher(registry, repository, undefined).manifest(tag, INDEX, index)
}

class Pusher {
  readonly #base: string
  readonly #repository: string
  readonly #credentials: PushCredentials | undefined
  #authorization: string | undefined

  constructor(registry: PushTarget, repository: string, credentials: PushCredentials | undefined) {
    this.#base = `${registry.url}/v2/${repository}`
    this.#repository = repository
    this.#credentials = credentials
  }

  /** Pushes what an image's manifest refers to, and returns the manifest. */
  async image(platform: string, text: string, annotations: ImageOptions['annotations']) {
    const content = Buffer.from(text)
    const config = await this.blob(
      'application/vnd.oci.image.config.v1+json',
      Buffer.from(
        JSON.stringify({
          ...platformOf(platform),
          config: {},
          rootfs: { type: 'layers', diff_ids: [digestOf(content)] },
        }),
      ),
    )
    const layer = await this.blob('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(content))
    return { schemaVersion: 2, mediaType: IMAGE, config, layers: [layer], ...(annotations && { annotations }) }
  }

  async manifest(reference: string, mediaType: string, manifest: string): Promise<Descriptor> {
    const body = Buffer.from(manifest)
    await this.#send('PUT', `${this.#base}/manifests/${reference}`, mediaType, body)
    return { mediaType, digest: digestOf(body), size: body.length }
  }

  async blob(mediaType: string, body: Buffer): Promise<Descriptor> {
    const digest = digestOf(body)
    const started = await this.#send(
      'POST',
      `${this.#base}/blobs/uploads/`,
      'application/octet-stream',
      Buffer.alloc(0),
    )
    const url = new URL(started.headers.get('location') ?? '', this.#base)
    url.searchParams.set('digest', digest)
    await this.#send('PUT', url.href, 'application/octet-stream', body)
    return { mediaType, digest, size: body.length }
  }

  async #send(method: string, url: string, mediaType: string, body: Buffer): Promise<Response> {
    const send = () =>
      fetch(url, {
        method,
        headers: { 'content-type': mediaType, ...(this.#authorization && { authorization: this.#authorization }) },
        body: new Uint8Array(body),
      })
    let response = await send()
    if (response.status === 401 && this.#credentials !== undefined) {
      await response.arrayBuffer()
      this.#authorization = await this.#authorize(response.headers.get('www-authenticate') ?? '', this.#credentials)
      response = await send()
    }
    const text = await response.text()
    if (!response.ok) throw new Error(`Cannot push to "${url}": registry answered ${response.status} ${text}`)
    return response
  }

  async #authorize(challenge: string, { username, password }: PushCredentials): Promise<string> {
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const realm = /^Bearer realm="([^"]+)"/.exec(challenge)?.[1]
    if (realm === undefined) return basic
    const url = new URL(realm)
    url.searchParams.set('service', /service="([^"]+)"/.exec(challenge)?.[1] ?? '')
    url.searchParams.set('scope', `repository:${this.#repository}:pull,push`)
    const answer = await (await fetch(url, { headers: { authorization: basic } })).json()
    return `Bearer ${Object(answer).token}`
  }
}

function platformOf(platform: string): Readonly<Record<string, string>> {
  const [os = '', architecture = '', variant] = platform.split('/')
  return { os, architecture, ...(variant !== undefined && { variant }) }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

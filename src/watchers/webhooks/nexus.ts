import { z } from 'zod'
import { requireSignature } from './authenticity.js'
import { parseBody } from './body.js'
import { pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

export interface NexusOptions {
  readonly secret: string
  /** Canonical host under which policies name this registry, which its events do not; where absent, the path alone counts. */
  readonly registry?: string | undefined
}

/**
 * The "Repository" webhooks of Sonatype Nexus, signed with HMAC-SHA1: it has nothing better. Of its components and assets only
 * images and their manifests count; a tag that moves may be told by the one or by the other.
 * Source: help.sonatype.com, "Working With HMAC Payloads" and "Example Headers and Payloads".
 */
export function nexusSender({ secret, registry }: NexusOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireSignature(delivery, 'x-nexus-webhook-signature', secret, '', 'sha1')
      const { data: event } = change.safeParse(parseBody(delivery.body, z.unknown()))
      if (event === undefined) return []
      const { name, tag } = 'component' in event ? event.component : event.asset
      // The second where the repository has no port of its own: its name goes before then.
      return [name, `${event.repositoryName}/${name}`].flatMap((path) => pushedImages(registry, path, tag))
    },
  }
}

const docker = z.literal('docker')

const component = z
  .object({ format: docker, name: z.string(), version: z.string() })
  .transform(({ name, version }) => ({ name, tag: version }))

const asset = z.object({ format: docker, name: z.string() }).transform(({ name }) => {
  const path = name.startsWith('/') ? name.slice(1) : name
  const at = path.lastIndexOf(MANIFESTS)
  // No tag: a blob.
  if (at === -1 || !path.startsWith(VERSION)) return { name: path, tag: '' }
  return { name: path.slice(VERSION.length, at), tag: path.slice(at + MANIFESTS.length) }
})

/** Assets are called like the paths of the registry's API. */
const VERSION = 'v2/'
const MANIFESTS = '/manifests/'

const about = { action: z.enum(['CREATED', 'UPDATED']), repositoryName: z.string() }

const change = z.union([z.object({ ...about, component }), z.object({ ...about, asset })])

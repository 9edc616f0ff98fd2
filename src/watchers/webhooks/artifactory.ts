import { z } from 'zod'
import { requireSignature, requireToken } from './authenticity.js'
import { parseBody } from './body.js'
import { pushedImages } from './pushed-image.js'
import type { Delivery, PushedImage, Sender } from './sender.js'
import { hostOfUrl } from './url-host.js'

export interface ArtifactoryOptions {
  readonly secret: string
  /** Canonical host under which policies name this registry, instead of the platform's base URL, which may be empty. */
  readonly registry?: string | undefined
  /** The repository through which policies name the images, such as a virtual one: events have the local one. */
  readonly repository?: string | undefined
}

/**
 * The "Docker" webhooks of JFrog Artifactory, whose `X-JFrog-Event-Auth` is the secret itself, or with "Use secret for payload
 * signing" an HMAC-SHA256. Only images that were pushed or promoted count; whatever its test button sends is ignored.
 * Source: jfrog.com/help, "Webhooks" and "Domain: docker".
 */
export function artifactorySender({ secret, registry, repository }: ArtifactoryOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireSecretOrSignature(delivery, secret)
      const { data: event } = push.safeParse(parseBody(delivery.body, z.unknown()))
      // A folder for each manifest below an index.
      if (event === undefined || event.data.tag.startsWith('sha256_')) return []
      const { repo_key: key, image_name: name, tag } = event.data
      const host = registry ?? hostOfUrl(event.jpd_origin)
      return [
        ...pushedImages(host, `${repository ?? key}/${name}`, tag),
        // Where each repository has a host or a port of its own, which no event names.
        ...pushedImages(registry, name, tag),
      ]
    },
  }
}

const AUTH = 'x-jfrog-event-auth'

function requireSecretOrSignature(delivery: Delivery, secret: string): void {
  try {
    requireToken(delivery, AUTH, secret)
  } catch {
    requireSignature(delivery, AUTH, secret, '')
  }
}

const push = z.object({
  domain: z.literal('docker'),
  event_type: z.enum(['pushed', 'promoted']),
  data: z.object({ repo_key: z.string(), image_name: z.string(), tag: z.string() }),
  jpd_origin: z.string().catch(''),
})

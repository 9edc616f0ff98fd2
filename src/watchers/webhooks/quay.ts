import { z } from 'zod'
import { requirePathSecret } from './authenticity.js'
import { MAX_EVENTS, parseBody } from './body.js'
import { hostIn, pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

export interface QuayOptions {
  /** It is the last part of the address: nothing is signed. */
  readonly secret: string
  /** Canonical host under which policies name this registry, instead of the one in `docker_url`. */
  readonly registry?: string | undefined
}

/**
 * The "Push to Repository" notifications of Quay; all others have no tags. It gives a notification up for good after three
 * refusals: whatever has the secret is accepted. Source: docs.quay.io, "Repository Notifications".
 */
export function quaySender({ secret, registry }: QuayOptions): Sender<PushedImage> {
  return {
    isAddressed: true,
    read(delivery) {
      requirePathSecret(delivery, secret)
      const { docker_url: url, repository, updated_tags: tags } = parseBody(delivery.body, event)
      return tags.flatMap((tag) => pushedImages(registry ?? hostIn(url), repository, tag))
    },
  }
}

const event = z
  .object({
    docker_url: z.string(),
    repository: z.string(),
    updated_tags: z.array(z.string()).max(MAX_EVENTS),
  })
  .catch({ docker_url: '', repository: '', updated_tags: [] })

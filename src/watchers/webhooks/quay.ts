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
 * The "Push to Repository" notifications of Quay; all others have no tags and are ignored: after three refusals it gives a
 * notification up for good. Source: docs.quay.io, "Repository Notifications".
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

/** Events of all kinds have the first two. */
const event = z.object(
  {
    docker_url: z.string('expected an address').default(''),
    repository: z.string('expected a name').default(''),
    updated_tags: z
      .array(z.string('expected a tag'), 'expected a list')
      .max(MAX_EVENTS, `expected at most ${MAX_EVENTS} tags`)
      .default([]),
  },
  'expected an object',
)

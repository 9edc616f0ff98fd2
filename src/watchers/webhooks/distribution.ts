import { z } from 'zod'
import { tryParseRepository } from '../../image/repository.js'
import { isTag } from '../../image/tag.js'
import { requireBearer } from './authenticity.js'
import { MAX_EVENTS, parseBody } from './body.js'
import type { Delivery, PushedImage, Sender } from './sender.js'

export interface DistributionOptions {
  /** The registry sends it as `Authorization: Bearer <secret>`, a fixed header in its `notifications` settings. */
  readonly secret: string
  /**
   * Canonical host under which policies name this registry: those in its events are the pusher's spelling, or a container's
   * name. Where absent, an event speaks of every configured repository of its path.
   */
  readonly registry?: string | undefined
}

/**
 * Notifications of the CNCF Distribution registry, versions 2 (`events.v1+json`) and 3 (`events.v2+json`), which share one shape.
 *
 * Only a manifest that was pushed by its tag counts. Blobs, the manifests below an index, deletions and pulls, among them our
 * own polls, are ignored, and so is a single malformed event: this sender repeats what is refused, forever, ahead of
 * every later event.
 */
export function distributionSender({ secret, registry }: DistributionOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireBearer(delivery, secret)
      return readNotifications(delivery, registry)
    },
  }
}

/** The images that were pushed by their tags. Throws `WebhookError` `INVALID_BODY` where it is no list of events. */
export function readNotifications({ body }: Delivery, registry: string | undefined): readonly PushedImage[] {
  const { events } = parseBody(body, envelope)
  return events.flatMap((event) => pushedImage(registry, event) ?? [])
}

function pushedImage(registry: string | undefined, event: unknown): PushedImage | undefined {
  const { data } = taggedPush.safeParse(event)
  if (data === undefined) return undefined
  const { repository: path, tag } = data.target
  return tryParseRepository(`${ANY_HOST}/${path}`) && { repository: { registry, path }, tag }
}

/** Only the path is to be checked. */
const ANY_HOST = 'registry.invalid'

const envelope = z.object(
  { events: z.array(z.unknown(), 'expected a list').max(MAX_EVENTS, `expected at most ${MAX_EVENTS} events`) },
  'expected an object with "events"',
)

const taggedPush = z.object({
  action: z.literal('push'),
  target: z.object({
    mediaType: z.enum([
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.docker.distribution.manifest.list.v2+json',
    ]),
    repository: z.string(),
    tag: z.string().refine(isTag),
  }),
})

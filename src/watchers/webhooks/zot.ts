import { z } from 'zod'
import { requireBearer } from './authenticity.js'
import { type CloudEvent, readCloudEvents } from './cloud-event.js'
import { pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

export interface ZotOptions {
  /** It sends it as `Authorization: Bearer <secret>`: the token of its HTTP sink. */
  readonly secret: string
  /** Canonical host under which policies name this registry, which its events do not; where absent, the path alone counts. */
  readonly registry?: string | undefined
}

/**
 * The CloudEvents of zot's `events` extension. Only images that were updated by their tag count.
 * Source: zotregistry.dev, "Enable Registry Events".
 */
export function zotSender({ secret, registry }: ZotOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireBearer(delivery, secret)
      return readCloudEvents(delivery).flatMap((event) => imagesOf(registry, event))
    },
  }
}

function imagesOf(registry: string | undefined, { type, data }: CloudEvent): readonly PushedImage[] {
  const { data: image } = updatedImage.safeParse(data)
  // What stands before can be changed by `typePrefix`.
  if (!type.endsWith('.image.updated') || image === undefined) return []
  return pushedImages(registry, image.name, image.reference)
}

const updatedImage = z.object({ name: z.string(), reference: z.string() })

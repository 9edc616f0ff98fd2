import { requireBearer } from './authenticity.js'
import { artifactOf, isArtifactEvent } from './cdevents.js'
import { type CloudEvent, readCloudEvents } from './cloud-event.js'
import type { GenericOptions } from './generic.js'
import { imagesAt, namedImages } from './named-images.js'
import type { PushedImage, Sender } from './sender.js'

/**
 * CloudEvents of builds, pipelines and buses, in binary and structured mode and as batches, with `Authorization: Bearer <secret>`
 * as "HTTP 1.1 Web Hooks for Event Delivery" has it (section 3.1). The artifact events of CDEvents count, and those of any type
 * whose data is what `generic` takes; all others are ignored.
 */
export function cloudEventsSender({ secret, registry }: GenericOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireBearer(delivery, secret)
      return imagesAt(registry, readCloudEvents(delivery).flatMap(imagesOf))
    },
  }
}

function imagesOf({ type, data }: CloudEvent): readonly PushedImage[] {
  return isArtifactEvent(type) ? artifactOf(data) : (namedImages.safeParse(data).data ?? [])
}

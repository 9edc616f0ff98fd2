import { requireBearer } from './authenticity.js'
import type { GenericOptions } from './generic.js'
import { readNamedImages } from './named-images.js'
import type { PushedImage, Sender } from './sender.js'

/** Events of builds and scripts that cannot sign, with `Authorization: Bearer <secret>`. The body is that of `generic`. */
export function bearerSender({ secret, registry }: GenericOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireBearer(delivery, secret)
      return readNamedImages(delivery, registry)
    },
  }
}

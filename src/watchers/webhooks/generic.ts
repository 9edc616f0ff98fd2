import { requireSignature } from './authenticity.js'
import { readNamedImages } from './named-images.js'
import type { PushedImage, Sender } from './sender.js'

export interface GenericOptions {
  readonly secret: string
  /** Canonical host, such as `docker.io`. Where given, images of other registries are ignored. */
  readonly registry?: string | undefined
}

/** Events of builds and scripts, signed with `X-Signature: sha256=<HMAC-SHA256 of the raw body in hexadecimal>`. */
export function genericSender({ secret, registry }: GenericOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireSignature(delivery, 'x-signature', secret)
      return readNamedImages(delivery, registry)
    },
  }
}

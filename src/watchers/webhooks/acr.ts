import { z } from 'zod'
import { requireSecret } from './authenticity.js'
import { checkShape, parseBody } from './body.js'
import { pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

export interface CloudOptions {
  readonly secret: string
  /** The header, in lower case, that has the secret. Absent: `Authorization: Bearer <secret>`. */
  readonly header?: string | undefined
  /** Canonical host. Where given, events of other registries are ignored. */
  readonly registry?: string | undefined
}

/**
 * The webhooks of Azure Container Registry, which prove nothing but the custom headers they are given. Its `ping` and all but
 * pushes of images are ignored. Source: learn.microsoft.com, "Azure Container Registry webhook reference".
 */
export function acrSender({ secret, header, registry }: CloudOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireSecret(delivery, secret, header)
      const event = parseBody(delivery.body, anyEvent)
      if (event.action !== 'push') return []
      const { request, target } = checkShape(event, push)
      const images = pushedImages(request.host, target.repository, target.tag)
      return images.filter(({ repository }) => registry === undefined || repository.registry === registry)
    },
  }
}

const anyEvent = z.looseObject({ action: z.string('expected an action') }, 'expected an object with "action"')

const push = z.object({
  target: z.object({ repository: z.string('expected a name'), tag: z.string().default('') }),
  request: z.object({ host: z.string('expected a host') }),
})

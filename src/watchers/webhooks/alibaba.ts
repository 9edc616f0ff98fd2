import { z } from 'zod'
import { requirePathSecret } from './authenticity.js'
import { parseBody } from './body.js'
import { pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

export interface AlibabaOptions {
  /** It is the last part of the address: nothing is signed. */
  readonly secret: string
  /**
   * Canonical host under which policies name this registry. An event has the region, from which the host cannot be made: that of
   * an instance has its name. Where absent, the path alone counts.
   */
  readonly registry?: string | undefined
}

/**
 * The triggers of Alibaba Cloud Container Registry, which come for pushes only.
 * Source: alibabacloud.com/help, Container Registry, triggers.
 */
export function alibabaSender({ secret, registry }: AlibabaOptions): Sender<PushedImage> {
  return {
    isAddressed: true,
    read(delivery) {
      requirePathSecret(delivery, secret)
      const { push_data: push, repository } = parseBody(delivery.body, event)
      return pushedImages(registry, repository.repo_full_name, push.tag)
    },
  }
}

const event = z.object(
  {
    push_data: z.object({ tag: z.string('expected a tag') }, 'expected an object with "tag"'),
    repository: z.object({ repo_full_name: z.string('expected a name') }, 'expected an object with "repo_full_name"'),
  },
  'expected an object with "push_data" and "repository"',
)

import { z } from 'zod'
import { requirePathSecret } from './authenticity.js'
import { parseBody } from './body.js'
import { pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

export interface DockerHubOptions {
  /** It is the last part of the address: nothing is signed. */
  readonly secret: string
}

/**
 * The webhooks of Docker Hub, of which several alike come for one push. The `callback_url` in them is of no use any more and
 * never asked. Source: docs.docker.com, "Webhooks".
 */
export function dockerHubSender({ secret }: DockerHubOptions): Sender<PushedImage> {
  return {
    isAddressed: true,
    read(delivery) {
      requirePathSecret(delivery, secret)
      const { push_data: push, repository } = parseBody(delivery.body, event)
      return pushedImages('docker.io', repository.repo_name, push.tag)
    },
  }
}

const event = z.object(
  {
    push_data: z.object({ tag: z.string('expected a tag') }, 'expected an object with "tag"'),
    repository: z.object({ repo_name: z.string('expected a name') }, 'expected an object with "repo_name"'),
  },
  'expected an object with "push_data" and "repository"',
)

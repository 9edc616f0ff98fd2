import { requireSignature } from './authenticity.js'
import { parseBody } from './body.js'
import { packageImages } from './gitea-packages.js'
import type { GitAndRegistryOptions } from './github.js'
import { branchesOf, pushEvent } from './push-event.js'
import type { Pushed, Sender } from './sender.js'

/**
 * The `push` events of Gitea and Forgejo and the `package` events of their registry, signed with `X-Gitea-Signature`, which is
 * bare, or `X-Hub-Signature-256` as GitHub has it. Source: docs.gitea.com, "Webhooks".
 */
export function giteaSender({ secret, git, registry }: GitAndRegistryOptions): Sender<Pushed> {
  return {
    read(delivery) {
      const { headers } = delivery
      if (headers['x-hub-signature-256'] === undefined) requireSignature(delivery, 'x-gitea-signature', secret, '')
      else requireSignature(delivery, 'x-hub-signature-256', secret)
      switch (headers['x-gitea-event']) {
        case 'push':
          return git === undefined ? [] : branchesOf(git, parseBody(delivery.body, pushEvent))
        case 'package':
          return packageImages(registry, delivery)
        default:
          return []
      }
    },
  }
}

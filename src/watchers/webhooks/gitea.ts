import { requireSignature } from './authenticity.js'
import { parseBody } from './body.js'
import type { GitAndRegistryOptions } from './github.js'
import { branchesOf, pushEvent } from './push-event.js'
import type { PushedBranch, Sender } from './sender.js'

/**
 * The `push` events of Gitea and Forgejo, signed with `X-Gitea-Signature`, which is bare, or `X-Hub-Signature-256` as GitHub
 * has it. Source: docs.gitea.com, "Webhooks".
 */
export function giteaSender({ secret, git }: GitAndRegistryOptions): Sender<PushedBranch> {
  return {
    read(delivery) {
      const { headers } = delivery
      if (headers['x-hub-signature-256'] === undefined) requireSignature(delivery, 'x-gitea-signature', secret, '')
      else requireSignature(delivery, 'x-hub-signature-256', secret)
      if (headers['x-gitea-event'] !== 'push' || git === undefined) return []
      return branchesOf(git, parseBody(delivery.body, pushEvent))
    },
  }
}

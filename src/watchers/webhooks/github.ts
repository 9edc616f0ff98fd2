import { requireSignature } from './authenticity.js'
import { parseBody } from './body.js'
import { branchesOf, pushEvent } from './push-event.js'
import type { PushedBranch, Sender } from './sender.js'

export interface GitHostOptions {
  readonly secret: string
  /** The Git repository of the policy file that the events are of. */
  readonly git: string
}

/**
 * The `push` events of GitHub, signed with `X-Hub-Signature-256`. Others, such as the `ping` that comes first, are ignored.
 * Source: docs.github.com, "Webhook events and payloads" and "Validating webhook deliveries".
 */
export function githubSender({ secret, git }: GitHostOptions): Sender<PushedBranch> {
  return {
    read(delivery) {
      requireSignature(delivery, 'x-hub-signature-256', secret)
      if (delivery.headers['x-github-event'] !== 'push') return []
      return branchesOf(git, parseBody(delivery.body, pushEvent))
    },
  }
}

import { requireStandardSignature, requireToken } from './authenticity.js'
import { parseBody } from './body.js'
import type { GitHostOptions } from './github.js'
import { branchesOf, pushEvent } from './push-event.js'
import type { PushedBranch, Sender } from './sender.js'

/**
 * The push events of GitLab. A secret that is a signing token, `whsec_…`, wants signed deliveries and no others; any other one
 * is sent along as `X-Gitlab-Token`. Source: docs.gitlab.com, "Webhooks" and "Webhook events".
 */
export function gitlabSender({ secret, git }: GitHostOptions): Sender<PushedBranch> {
  const signingKey = SIGNING_TOKEN.exec(secret)?.[1]
  return {
    read(delivery) {
      if (signingKey === undefined) requireToken(delivery, 'x-gitlab-token', secret)
      else requireStandardSignature(delivery, Buffer.from(signingKey, 'base64'))
      if (delivery.headers['x-gitlab-event'] !== 'Push Hook') return []
      return branchesOf(git, parseBody(delivery.body, pushEvent))
    },
  }
}

/** Of 16 bytes at least: a key of none would be everybody's. */
const SIGNING_TOKEN = /^whsec_([A-Za-z0-9+/]{22,}={0,2})$/

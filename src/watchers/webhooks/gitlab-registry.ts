import { requireBearer, requireToken } from './authenticity.js'
import { type DistributionOptions, readNotifications } from './distribution.js'
import type { PushedImage, Sender } from './sender.js'

/**
 * Notifications of the container registry of a GitLab of one's own, which are those of Distribution. Its documentation has the
 * secret in `Authorization` as it stands; a bearer token is taken as well. Source: docs.gitlab.com, "GitLab container registry
 * administration", "Configure container registry notifications".
 */
export function gitlabRegistrySender({ secret, registry }: DistributionOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      if (/^bearer /i.test(delivery.headers.authorization ?? '')) requireBearer(delivery, secret)
      else requireToken(delivery, 'authorization', secret)
      return readNotifications(delivery, registry)
    },
  }
}

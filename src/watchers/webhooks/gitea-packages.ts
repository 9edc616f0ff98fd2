import { z } from 'zod'
import { checkShape, parseBody } from './body.js'
import { pushedImages } from './pushed-image.js'
import type { Delivery, PushedImage } from './sender.js'
import { hostOfUrl } from './url-host.js'

/**
 * The image of a `package` event of Gitea and Forgejo; nothing where a package was deleted, or is of another kind. A manifest
 * below an index has its digest for a version. Throws `WebhookError` `INVALID_BODY`.
 *
 * @param registry canonical host under which policies name it, instead of that of the web pages
 */
export function packageImages(registry: string | undefined, { body }: Delivery): readonly PushedImage[] {
  const event = parseBody(body, anyEvent)
  if (event.action !== 'created' || event.package.type !== 'container') return []
  const { owner, name, version, html_url: url } = checkShape(event.package, containerPackage)
  return pushedImages(registry ?? hostOfUrl(url), `${owner.login}/${name}`, version)
}

const anyEvent = z.object(
  {
    action: z.string('expected an action'),
    package: z.looseObject({ type: z.string('expected a type') }, 'expected a package'),
  },
  'expected an object with "action" and "package"',
)

const containerPackage = z.object({
  owner: z.object({ login: z.string('expected a name') }, 'expected an owner'),
  name: z.string('expected a name'),
  version: z.string('expected a version'),
  html_url: z.string().catch(''),
})

import { z } from 'zod'
import { requireSignature } from './authenticity.js'
import { parseBody } from './body.js'
import { branchesOf, pushEvent } from './push-event.js'
import { pushedImages } from './pushed-image.js'
import type { Pushed, PushedImage, Sender } from './sender.js'

export interface GitHostOptions {
  readonly secret: string
  /** The Git repository of the policy file that the events are of. */
  readonly git: string
}

/** Of a Git host that has a registry too. */
export interface GitAndRegistryOptions extends Omit<GitHostOptions, 'git'> {
  /** Absent: pushes to Git have no effect. */
  readonly git?: string | undefined
  /** Canonical host under which policies name the images. GitHub's is `ghcr.io` unless told otherwise. */
  readonly registry?: string | undefined
}

/**
 * The `push` events of GitHub and the `package` events of its container registry, which GitHub Apps get as `registry_package`;
 * signed with `X-Hub-Signature-256`. Others, such as the `ping` that comes first, are ignored.
 * Source: docs.github.com, "Webhook events and payloads" and "Validating webhook deliveries".
 */
export function githubSender({ secret, git, registry = 'ghcr.io' }: GitAndRegistryOptions): Sender<Pushed> {
  return {
    read(delivery) {
      requireSignature(delivery, 'x-hub-signature-256', secret)
      switch (delivery.headers['x-github-event']) {
        case 'push':
          return git === undefined ? [] : branchesOf(git, parseBody(delivery.body, pushEvent))
        case 'package':
          return imagesOf(registry, parseBody(delivery.body, packageEvent).package)
        case 'registry_package':
          return imagesOf(registry, parseBody(delivery.body, registryPackageEvent).registry_package)
        default:
          return []
      }
    },
  }
}

/** Without the tag: of an image that was pushed with several tags, one event names one of them. */
function imagesOf(registry: string, { namespace, name, owner, package_version: version }: Package) {
  // A manifest below an index has an empty tag, and a package of another kind no metadata.
  const tag = version?.container_metadata?.tag?.name ?? ''
  const path = `${namespace || owner?.login || ''}/${name}`
  return pushedImages(registry, path, tag).map(({ repository }): PushedImage => ({ repository }))
}

const containerPackage = z.object(
  {
    name: z.string('expected a name'),
    namespace: z.string().nullish(),
    owner: z.object({ login: z.string() }).nullish(),
    package_version: z
      .object({
        container_metadata: z.object({ tag: z.object({ name: z.string().nullish() }).nullish() }).nullish(),
      })
      .nullish(),
  },
  'expected a package',
)
type Package = z.infer<typeof containerPackage>

const packageEvent = z.object({ package: containerPackage }, 'expected an object with "package"')

const registryPackageEvent = z.object(
  { registry_package: containerPackage },
  'expected an object with "registry_package"',
)

import { tryParseRepository } from '../../image/repository.js'
import { isTag } from '../../image/tag.js'
import type { PushedImage } from './sender.js'

/**
 * What an event names, in its canonical form; nothing where it is no repository, or where the tag is none: an untagged
 * manifest has an empty one, or at some senders its digest.
 *
 * @param registry absent where the sender does not know its own name
 */
export function pushedImages(registry: string | undefined, path: string, tag: string): readonly PushedImage[] {
  const spelled = path.toLowerCase()
  const repository = tryParseRepository(`${registry ?? ANY_HOST}/${spelled}`)
  if (repository === undefined || !isTag(tag)) return []
  // A host such as `harbor` reads as an account of Docker Hub.
  if (!repository.path.endsWith(spelled) || repository.path.startsWith(`${registry}/`)) return []
  return [{ repository: registry === undefined ? { path: repository.path } : repository, tag }]
}

/** Only the path is to be checked. */
const ANY_HOST = 'registry.invalid'

/** The host of an address without a scheme, such as `quay.io/org/app`. */
export function hostIn(address: string): string {
  return address.split('/', 1)[0] ?? ''
}

import { type Digest, isDigest } from './digest.js'
import { type Repository, tryParseRepository } from './repository.js'
import { isTag, type Tag } from './tag.js'

/** A text that names an image, such as `ghcr.io/org/app:1.4.2@sha256:…`. */
export interface Reference {
  /** The repository as it was spelled, without tag and digest. */
  readonly name: string
  readonly repository: Repository
  readonly tag?: Tag
  readonly digest?: Digest
}

/** Reads a reference, or nothing else. The tag stands behind the last colon that follows the last slash: an earlier colon is a port's. */
export function tryParseReference(text: string): Reference | undefined {
  const at = text.indexOf('@')
  const digest = at === -1 ? undefined : text.slice(at + 1)
  const named = at === -1 ? text : text.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon === -1 ? undefined : named.slice(colon + 1)
  const name = colon === -1 ? named : named.slice(0, colon)

  if (digest !== undefined && !isDigest(digest)) return undefined
  if (tag !== undefined && !isTag(tag)) return undefined
  const repository = tryParseRepository(name)
  if (repository === undefined) return undefined
  return { name, repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

/** Writes a reference in the spelling of its `name`. */
export function formatReference(reference: Pick<Reference, 'name' | 'tag' | 'digest'>): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${reference.name}${tag}${digest}`
}

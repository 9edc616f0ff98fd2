import { hash } from 'node:crypto'
import { isTag, type Tag } from '../../image/tag.js'
import { tryParseJson } from './json.js'
import type { Fingerprint, TagListing } from './registry.js'

/**
 * The tags of one page of the OCI distribution specification's tag list, or undefined where the body is not one.
 * Registries answer null or no `tags` for an empty repository; what is not a valid tag is left out.
 */
export function tryParseTagPage(body: Buffer): readonly Tag[] | undefined {
  const document = tryParseJson(body)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined
  const tags: unknown = 'tags' in document ? (document.tags ?? []) : []
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string' && isTag(tag)) : undefined
}

/** The listing of all pages' tags. `bytes` is the hash of the only page's body, where there was only one. */
export function listingOf(tags: ReadonlySet<Tag>, bytes: string, known: Fingerprint | undefined): TagListing {
  const sorted = [...tags].sort()
  const content = hash('sha256', sorted.join('\n'), 'base64url')
  const fingerprint = `${content}.${bytes}`
  if (known?.startsWith(`${content}.`)) return { changed: false, fingerprint }
  return { changed: true, fingerprint, tags: sorted }
}

/** The hash of a body, for `listingOf` and `hasBytes`. */
export function bytesOf(body: Buffer): string {
  return hash('sha256', body, 'base64url')
}

/** Whether a fingerprint's list came as one page of exactly these bytes. */
export function hasBytes(fingerprint: Fingerprint, bytes: string): boolean {
  return fingerprint.endsWith(`.${bytes}`)
}

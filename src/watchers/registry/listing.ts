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

/** The listing of all pages' tags. `form` is the hash of the only page's body, or what `formOf` makes of several pages. */
export function listingOf(tags: ReadonlySet<Tag>, form: string, known: Fingerprint | undefined): TagListing {
  const sorted = [...tags].sort()
  const content = hash('sha256', sorted.join('\n'), 'base64url')
  const fingerprint = `${content}.${form}`
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

/** What was known of a list of several pages when it was read, beside its tags. */
export interface Newest {
  /** When it was read whole, in milliseconds since the Unix epoch. */
  readonly listedAt: number
  /** Its newest tags as text: empty where they were not asked for, `none` where nobody tells them. */
  readonly text: string
}

export function formOf({ listedAt, text }: Newest): string {
  return `pages.${listedAt}.${text}`
}

/** What a fingerprint remembers of a list of several pages; undefined where there was one page. */
export function newestIn(fingerprint: Fingerprint): Newest | undefined {
  const [, form, listedAt, text] = fingerprint.split('.')
  return form === 'pages' && text !== undefined ? { listedAt: Number(listedAt), text } : undefined
}

import { hash } from 'node:crypto'
import { isTag, type Tag } from '../../image/tag.js'
import { googleFacts } from './facts.js'
import { tryParseJson } from './json.js'
import type { Fingerprint, ListedFacts, TagListing } from './registry.js'

/** One page of a list of tags, and what it says of them besides. */
export interface TagPage {
  readonly tags: readonly Tag[]
  readonly facts: ReadonlyMap<Tag, ListedFacts>
}

/**
 * One page of the OCI distribution specification's tag list, or undefined where the body is not one.
 * Registries answer null or no `tags` for an empty repository; what is not a valid tag is left out.
 */
export function tryParseTagPage(body: Buffer): TagPage | undefined {
  const document = tryParseJson(body)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined
  const { tags, manifest } = document as { readonly tags?: unknown; readonly manifest?: unknown }
  const listed: unknown = tags ?? []
  if (!Array.isArray(listed)) return undefined
  return { tags: listed.filter((tag) => typeof tag === 'string' && isTag(tag)), facts: googleFacts(manifest) }
}

export interface ListingOptions {
  /** Of all pages. */
  readonly tags: ReadonlySet<Tag>
  readonly facts: ReadonlyMap<Tag, ListedFacts>
  readonly known: Fingerprint | undefined
  /** How the list came, by whether it is as known: the hash of the only page's body, or what `formOf` makes. */
  readonly form: (same: boolean) => string
}

export function listingOf({ tags, facts, known, form }: ListingOptions): TagListing {
  const sorted = [...tags].sort()
  const content = hash('sha256', sorted.join('\n'), 'base64url')
  const same = known?.startsWith(`${content}.`) ?? false
  const fingerprint = `${content}.${form(same)}`
  if (same) return { changed: false, fingerprint }
  return { changed: true, fingerprint, tags: sorted, ...(facts.size > 0 && { facts }) }
}

/** The hash of a body, for `listingOf` and `hasBytes`. */
export function bytesOf(body: Buffer): string {
  return hash('sha256', body, 'base64url')
}

/** Whether a fingerprint's list came as one page of exactly these bytes. */
export function hasBytes(fingerprint: Fingerprint, bytes: string): boolean {
  return fingerprint.endsWith(`.${bytes}`)
}

/** What was known of a list of several pages, or one that has a shortcut, when it was read, beside its tags. */
export interface Marks {
  /** When it was read whole, in milliseconds since the Unix epoch. */
  readonly listedAt: number
  /** What the shortcut said: empty where it was not asked, `none` where it told nothing. */
  readonly text: string
}

export function formOf({ listedAt, text }: Marks): string {
  return `pages.${listedAt}.${text}`
}

/** What `formOf` put into a fingerprint; undefined where it has the hash of a body. */
export function marksIn(fingerprint: Fingerprint): Marks | undefined {
  const [, form, listedAt, text] = fingerprint.split('.')
  return form === 'pages' && text !== undefined ? { listedAt: Number(listedAt), text } : undefined
}

import type { Digest } from '../image/digest.js'
import type { Tag } from '../image/tag.js'
import type { Sightings } from '../jobs/payloads.js'
import type { ListedFacts } from './registry/registry.js'

/** What is known of the tags of one repository, while it is looked at. Asks nobody. */
export interface SightingBook {
  /** Takes note that a tag has this digest, and of what the list told of it. */
  see(tag: Tag, digest: Digest, listed?: ListedFacts): Sighting
  /** Since when each tag is known to have the digest that it had when it was last asked for. */
  ages(ageFrom: AgeFrom): ReadonlyMap<Tag, number>
  /** Which of the tags to ask now when their images were created, those first of which that is not known. */
  creationsToAsk(wanted: readonly Tag[]): readonly Tag[]
  /** `null` where the image does not say. */
  noteCreation(tag: Tag, createdAt: number | null): void
  /** A tag without a manifest is none to select, whatever was known of it. */
  noteDangling(tag: Tag): void
  creationsOf(wanted: readonly Tag[]): Creations
  /** What is to be kept, given every tag that is listed, where that is known. Undefined where nothing is news. */
  news(tags: readonly Tag[] | undefined): Sightings | undefined
}

export type Sighting = Sightings['tags'][string]

/** Whether a tag is as old as the registry says, where it says so, or as our knowledge of it. */
export type AgeFrom = 'firstSeen' | 'registry'

export interface Creations {
  /** Null where an image does not say. */
  readonly createdAt: ReadonlyMap<Tag, number | null>
  /** How many tags are left for the next look. */
  readonly left: number
  /** How many tags are listed without a manifest: they may get one. */
  readonly dangling: number
}

/** Each costs up to four requests, and a repository that is new to a policy may have thousands. */
const MOST_CREATIONS = 500

/** So long it is believed that a tag, once asked when it was created, has not moved. */
const CREATION_BELIEVED_MS = 86_400_000

/** A tag may be missing from a list by mistake, and is then known again when it comes back within these. */
const UNLISTED_KEPT_MS = 30 * 86_400_000

/** Goes on from what was kept. `now` in milliseconds since the Unix epoch. */
export function sightingBook(kept: Sightings | undefined, now: () => number): SightingBook {
  const seen = new Map(Object.entries(kept?.tags ?? {}))
  /** When the tags that have no manifest were last asked. */
  const dangling = new Map(Object.entries(kept?.dangling ?? {}))
  let isNews = false
  const isUnknown = (tag: Tag) => seen.get(tag)?.createdAt === undefined

  return {
    see(tag, digest, listed) {
      const before = seen.get(tag)
      // A tag with another digest than before is a new sight.
      const isSame = before?.digest === digest
      // What the list told is kept for looks that bring no list. A time that is told of no digest may be that of what the
      // tag stood for before.
      const told = listed?.digest === digest ? listed.pushedAt : undefined
      const pushedAt = told ?? (isSame ? before.pushedAt : undefined)
      // A clock that was ahead, and is right again, must not keep a tag waiting for the time that it told.
      const since = isSame ? Math.min(before.since, now()) : now()
      const sighting: Sighting = {
        digest,
        since,
        askedAt: now(),
        ...(pushedAt !== undefined && { pushedAt }),
        ...(isSame && before.createdAt !== undefined && { createdAt: before.createdAt }),
      }
      seen.set(tag, sighting)
      isNews ||= !isSame || since !== before.since || pushedAt !== before.pushedAt
      return sighting
    },
    ages(ageFrom) {
      const ages = [...seen].map(([tag, sighting]) => [tag, ageOf(sighting, ageFrom)] as const)
      // What a clock told that was ahead says nothing: to be asked mends it.
      return new Map(ages.filter(([, since]) => since <= now()))
    },
    creationsToAsk(wanted) {
      const askedAt = (tag: Tag) => dangling.get(tag) ?? seen.get(tag)?.askedAt ?? 0
      const unasked = wanted.filter((tag) => isUnknown(tag) && !dangling.has(tag))
      // What is known may have changed, but is not waited for; what is dangling must not stand in the way of the others.
      const again = wanted
        .filter((tag) => dangling.has(tag) || (!isUnknown(tag) && now() - askedAt(tag) >= CREATION_BELIEVED_MS))
        .sort((a, b) => askedAt(a) - askedAt(b))
      return [...unasked, ...again].slice(0, MOST_CREATIONS)
    },
    noteCreation(tag, createdAt) {
      const sighting = seen.get(tag)
      if (sighting !== undefined) seen.set(tag, { ...sighting, createdAt })
      dangling.delete(tag)
      isNews = true
    },
    noteDangling(tag) {
      // Whose turn it is, is only worth writing where not all have one at each look.
      isNews ||= !dangling.has(tag) || dangling.size > MOST_CREATIONS
      dangling.set(tag, now())
      const sighting = seen.get(tag)
      if (sighting === undefined) return
      const { createdAt: _, ...rest } = sighting
      seen.set(tag, rest)
    },
    creationsOf(wanted) {
      const createdAt = new Map<Tag, number | null>()
      for (const tag of wanted) {
        const created = seen.get(tag)?.createdAt
        if (created !== undefined) createdAt.set(tag, created)
      }
      const without = wanted.filter((tag) => dangling.has(tag)).length
      return { createdAt, left: wanted.length - createdAt.size - without, dangling: without }
    },
    news(tags) {
      if (!isNews) return undefined
      const listed = tags && new Set(tags)
      const isKept = (tag: Tag, askedAt: number) => listed?.has(tag) !== false || now() - askedAt < UNLISTED_KEPT_MS
      const without = [...dangling].filter(([tag]) => listed?.has(tag) !== false)
      return {
        version: 1,
        tags: Object.fromEntries([...seen].filter(([tag, { askedAt }]) => isKept(tag, askedAt))),
        ...(without.length > 0 && { dangling: Object.fromEntries(without) }),
      }
    },
  }
}

/** Since when, in milliseconds since the Unix epoch. */
export function ageOf({ since, pushedAt = since }: Sighting, ageFrom: AgeFrom): number {
  return ageFrom === 'registry' ? Math.min(since, pushedAt) : since
}

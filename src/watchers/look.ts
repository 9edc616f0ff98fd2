import type { ImageDescription } from '../image/description.js'
import type { Digest } from '../image/digest.js'
import type { Repository } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import type { Sightings } from '../jobs/payloads.js'
import type { Records } from '../jobs/records.js'
import type { Facts, SignatureVerdict } from '../policies/gate.js'
import { RegistryError } from './registry/errors.js'
import type { ListedFacts, Registry } from './registry/registry.js'

/** Checks who signed an image. Throws `RegistryError` where the registry cannot be asked, which is no verdict. */
export type CheckSignature = (repository: Repository, digest: Digest, signal: AbortSignal) => Promise<SignatureVerdict>

/** One look at one repository on behalf of all its policies: what several want to know is asked once. */
export interface Look {
  /** Throws `RegistryError` `NOT_FOUND` where a tag is listed without a manifest: writing it would break what runs. */
  digestOf(tag: Tag): Promise<Digest>
  /** Answers the question of a gate. */
  learn(tag: Tag, fact: 'seenSince' | 'platforms' | 'signature', by: Asker): Promise<Facts>
  /** Since when the tags are known to have the digests that they had when they were last asked for. Asks nobody. */
  lastKnown(by: Asker): Promise<ReadonlyMap<Tag, number>>
  /** When the images of the tags were created: those that are not known yet are asked, so many at a time. */
  creationOf(tags: readonly Tag[]): Promise<Creations>
  /** Keeps what was learned, also where the look failed in the middle. */
  save(): Promise<void>
}

export interface Creations {
  /** Null where an image does not say. */
  readonly createdAt: ReadonlyMap<Tag, number | null>
  /** How many tags are left for the next look. */
  readonly left: number
  /** How many tags are listed without a manifest: they may get one. */
  readonly dangling: number
}

/** What differs from policy to policy. */
export interface Asker {
  readonly ageFrom: 'firstSeen' | 'registry'
  readonly checkSignature?: CheckSignature | undefined
}

export interface LookOptions {
  readonly registry: Pick<Registry, 'resolveDigest' | 'describeManifest'>
  readonly sightings: Records<Sightings>
  /** The canonical name of the repository. */
  readonly key: string
  readonly repository: Repository
  /** Every tag that is listed, where that is known. */
  readonly tags?: readonly Tag[] | undefined
  /** What the list said of its tags. */
  readonly listed?: ReadonlyMap<Tag, ListedFacts> | undefined
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Each costs up to four requests, and a repository that is new to a policy may have thousands. */
const MOST_CREATIONS = 500
const CREATIONS_AT_ONCE = 8

/** So long it is believed that a tag, once asked when it was created, has not moved. */
const CREATION_BELIEVED_MS = 86_400_000

export function openLook(options: LookOptions): Look {
  const { registry, key, repository, tags, listed, now, signal } = options
  const digests = new Map<Tag, Promise<Digest>>()
  const descriptions = new Map<Digest, Promise<ImageDescription | undefined>>()
  let sightings: Promise<Seen> | undefined
  let learned = false

  return {
    digestOf,
    async learn(tag, fact, { ageFrom, checkSignature }) {
      const digest = await digestOf(tag)
      if (fact === 'seenSince') return { digest, seenSince: await seenSince(tag, digest, ageFrom) }
      if (fact === 'platforms') return { digest, platforms: (await describe(tag, digest)).platforms }
      if (checkSignature === undefined) throw new TypeError(`Cannot check who signed "${key}:${tag}": nobody can`)
      return { digest, signature: await checkSignature(repository, digest, signal) }
    },
    async lastKnown({ ageFrom }) {
      const ages = [...(await opened()).seen].map(([tag, sighting]) => [tag, ageOf(sighting, ageFrom)] as const)
      // What a clock told that was ahead says nothing: to be asked mends it.
      return new Map(ages.filter(([, since]) => since <= now()))
    },
    async creationOf(wanted) {
      const { seen, dangling } = await opened()
      const isUnknown = (tag: Tag) => seen.get(tag)?.createdAt === undefined
      const askedAt = (tag: Tag) => dangling.get(tag) ?? seen.get(tag)?.askedAt ?? 0
      const unasked = wanted.filter((tag) => isUnknown(tag) && !dangling.has(tag))
      // What is known may have changed, but is not waited for; what is dangling must not stand in the way of the others.
      const again = wanted
        .filter((tag) => dangling.has(tag) || (!isUnknown(tag) && now() - askedAt(tag) >= CREATION_BELIEVED_MS))
        .sort((a, b) => askedAt(a) - askedAt(b))
      await learnCreations([...unasked, ...again].slice(0, MOST_CREATIONS))
      const createdAt = new Map<Tag, number | null>()
      for (const tag of wanted) {
        const created = seen.get(tag)?.createdAt
        if (created !== undefined) createdAt.set(tag, created)
      }
      const without = wanted.filter((tag) => dangling.has(tag)).length
      return { createdAt, left: wanted.length - createdAt.size - without, dangling: without }
    },
    async save() {
      if (learned) await options.sightings.set(key, recordOf(await opened(), tags, now()))
    },
  }

  function digestOf(tag: Tag): Promise<Digest> {
    const asked = digests.get(tag) ?? resolve(tag)
    digests.set(tag, asked)
    return asked
  }

  async function resolve(tag: Tag): Promise<Digest> {
    const digest = await registry.resolveDigest(repository, tag, { signal })
    if (digest !== undefined) return digest
    const message = `Cannot select "${key}:${tag}": it is listed, but has no manifest`
    throw new RegistryError('NOT_FOUND', message, { retryable: true })
  }

  async function describe(tag: Tag, digest: Digest): Promise<ImageDescription> {
    const asked = descriptions.get(digest) ?? registry.describeManifest(repository, digest, { signal })
    descriptions.set(digest, asked)
    const description = await asked
    if (description !== undefined) return description
    const message = `Cannot select "${key}:${tag}": its manifest ${digest} is gone`
    throw new RegistryError('NOT_FOUND', message, { retryable: true })
  }

  async function seenSince(tag: Tag, digest: Digest, ageFrom: Asker['ageFrom']): Promise<number> {
    return ageOf(await see(tag, digest), ageFrom)
  }

  /** One failure ends it for all: the registry does not answer, and what was learned before is kept. */
  async function learnCreations(wanted: readonly Tag[]): Promise<void> {
    const queue = [...wanted].reverse()
    const failures: unknown[] = []
    const worker = async () => {
      for (let tag = queue.pop(); tag !== undefined; tag = queue.pop()) {
        try {
          await learnCreation(tag)
        } catch (error) {
          if (error instanceof RegistryError && error.code === 'NOT_FOUND') await noteDangling(tag)
          else {
            failures.push(error)
            queue.length = 0
          }
        }
      }
    }
    await Promise.all(Array.from({ length: CREATIONS_AT_ONCE }, worker))
    if (failures.length > 0) throw failures[0]
  }

  async function learnCreation(tag: Tag): Promise<void> {
    const facts = listed?.get(tag)
    const digest = facts?.digest ?? (await digestOf(tag))
    const sighting = await see(tag, digest)
    const { seen, dangling } = await opened()
    if (sighting.createdAt === undefined) {
      const createdAt = facts?.createdAt ?? (await describe(tag, digest)).createdAt ?? null
      seen.set(tag, { ...sighting, createdAt })
    }
    dangling.delete(tag)
    learned = true
  }

  /** A tag without a manifest is none to select, whatever was known of it. */
  async function noteDangling(tag: Tag): Promise<void> {
    const { seen, dangling } = await opened()
    // Whose turn it is, is only worth writing where not all have one at each look.
    learned ||= !dangling.has(tag) || dangling.size > MOST_CREATIONS
    dangling.set(tag, now())
    const sighting = seen.get(tag)
    if (sighting === undefined) return
    const { createdAt: _, ...rest } = sighting
    seen.set(tag, rest)
  }

  /** A tag with another digest than before is a new sight. What the list told of it is kept for looks that bring no list. */
  async function see(tag: Tag, digest: Digest): Promise<Sighting> {
    const { seen } = await opened()
    const before = seen.get(tag)
    const isSame = before?.digest === digest
    const facts = listed?.get(tag)
    // A time that is told of no digest may be that of what the tag stood for before.
    const pushedAt = (facts?.digest === digest ? facts.pushedAt : undefined) ?? (isSame ? before.pushedAt : undefined)
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
    learned ||= !isSame || since !== before.since || pushedAt !== before.pushedAt
    return sighting
  }

  function opened(): Promise<Seen> {
    sightings ??= options.sightings.get(key).then((record) => ({
      seen: new Map(Object.entries(record?.tags ?? {})),
      dangling: new Map(Object.entries(record?.dangling ?? {})),
    }))
    return sightings
  }
}

type Sighting = Sightings['tags'][string]

interface Seen {
  readonly seen: Map<Tag, Sighting>
  /** When the tags that have no manifest were last asked. */
  readonly dangling: Map<Tag, number>
}

function ageOf({ since, pushedAt = since }: Sighting, ageFrom: Asker['ageFrom']): number {
  return ageFrom === 'registry' ? Math.min(since, pushedAt) : since
}

/** A tag may be missing from a list by mistake, and is then known again when it comes back within these. */
const UNLISTED_KEPT_MS = 30 * 86_400_000

function recordOf({ seen, dangling }: Seen, tags: readonly Tag[] | undefined, now: number): Sightings {
  const listed = tags && new Set(tags)
  const kept = [...seen].filter(([tag, { askedAt }]) => listed?.has(tag) !== false || now - askedAt < UNLISTED_KEPT_MS)
  const without = [...dangling].filter(([tag]) => listed?.has(tag) !== false)
  return {
    version: 1,
    tags: Object.fromEntries(kept),
    ...(without.length > 0 && { dangling: Object.fromEntries(without) }),
  }
}

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
  let sightings: Promise<Map<Tag, Sighting>> | undefined
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
      return new Map([...(await opened())].map(([tag, sighting]) => [tag, ageOf(sighting, ageFrom)]))
    },
    async creationOf(wanted) {
      const known = await opened()
      const isUnknown = (tag: Tag) => known.get(tag)?.createdAt === undefined
      const isOld = (tag: Tag) => now() - (known.get(tag)?.askedAt ?? 0) >= CREATION_BELIEVED_MS
      // What is known may have changed, but is not waited for.
      const old = wanted.filter((tag) => !isUnknown(tag) && isOld(tag))
      const asked = [...wanted.filter(isUnknown), ...old].slice(0, MOST_CREATIONS)
      await learnCreations(asked)
      const createdAt = new Map<Tag, number | null>()
      for (const tag of wanted) {
        const created = known.get(tag)?.createdAt
        if (created !== undefined) createdAt.set(tag, created)
      }
      const dangling = asked.filter(isUnknown).length
      return { createdAt, left: wanted.length - createdAt.size - dangling, dangling }
    },
    async save() {
      if (!learned) return
      const all = await opened()
      const kept = tags === undefined ? [...all] : withoutUnlisted(all, tags, now())
      await options.sightings.set(key, { version: 1, tags: Object.fromEntries(kept) })
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
          if (error instanceof RegistryError && error.code === 'NOT_FOUND') await forgetCreation(tag)
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
    const seen = await see(tag, digest)
    learned = true
    if (seen.createdAt !== undefined) return
    const createdAt = facts?.createdAt ?? (await describe(tag, digest)).createdAt ?? null
    ;(await opened()).set(tag, { ...seen, createdAt })
  }

  /** A tag without a manifest is none to select, whatever was known of it. */
  async function forgetCreation(tag: Tag): Promise<void> {
    const known = await opened()
    const sighting = known.get(tag)
    if (sighting?.createdAt === undefined) return
    const { createdAt: _, ...rest } = sighting
    known.set(tag, rest)
    learned = true
  }

  /** A tag with another digest than before is a new sight. What the list told of it is kept for looks that bring no list. */
  async function see(tag: Tag, digest: Digest): Promise<Sighting> {
    const known = await opened()
    const before = known.get(tag)
    const isSame = before?.digest === digest
    const facts = listed?.get(tag)
    const isOfThis = facts?.digest === undefined || facts.digest === digest
    const pushedAt = (isOfThis ? facts?.pushedAt : undefined) ?? (isSame ? before.pushedAt : undefined)
    // A clock that was ahead, and is right again, must not keep a tag waiting for the time that it told.
    const since = isSame ? Math.min(before.since, now()) : now()
    const sighting: Sighting = {
      digest,
      since,
      askedAt: now(),
      ...(pushedAt !== undefined && { pushedAt }),
      ...(isSame && before.createdAt !== undefined && { createdAt: before.createdAt }),
    }
    known.set(tag, sighting)
    learned ||= !isSame || since !== before.since || pushedAt !== before.pushedAt
    return sighting
  }

  function opened(): Promise<Map<Tag, Sighting>> {
    sightings ??= options.sightings.get(key).then((record) => new Map(Object.entries(record?.tags ?? {})))
    return sightings
  }
}

type Sighting = Sightings['tags'][string]

function ageOf({ since, pushedAt = since }: Sighting, ageFrom: Asker['ageFrom']): number {
  return ageFrom === 'registry' ? Math.min(since, pushedAt) : since
}

/** A tag may be missing from a list by mistake, and is then known again when it comes back within these. */
const UNLISTED_KEPT_MS = 30 * 86_400_000

function withoutUnlisted(all: ReadonlyMap<Tag, Sighting>, tags: readonly Tag[], now: number) {
  const listed = new Set(tags)
  return [...all].filter(([tag, { askedAt }]) => listed.has(tag) || now - askedAt < UNLISTED_KEPT_MS)
}

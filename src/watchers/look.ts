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
  /** When the images of the tags were created: those that are not known yet are asked, so many at a time. */
  creationOf(tags: readonly Tag[]): Promise<ReadonlyMap<Tag, number | null>>
  /** Keeps what was learned, also where the look failed in the middle. */
  save(): Promise<void>
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
    async creationOf(wanted) {
      const known = await opened()
      const isCurrent = (tag: Tag) => {
        const { createdAt, askedAt = 0 } = known.get(tag) ?? {}
        return createdAt !== undefined && now() - askedAt < CREATION_BELIEVED_MS
      }
      const asked = wanted.filter((tag) => !isCurrent(tag)).slice(0, MOST_CREATIONS)
      const queue = asked.values()
      const worker = async () => {
        for (const tag of queue) await learnCreation(tag)
      }
      await Promise.all(Array.from({ length: CREATIONS_AT_ONCE }, worker))
      return new Map(
        wanted.flatMap((tag) => {
          const createdAt = known.get(tag)?.createdAt
          return createdAt === undefined ? [] : [[tag, createdAt] as const]
        }),
      )
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
    const description = await registry.describeManifest(repository, digest, { signal })
    if (description !== undefined) return description
    const message = `Cannot select "${key}:${tag}": its manifest ${digest} is gone`
    throw new RegistryError('NOT_FOUND', message, { retryable: true })
  }

  async function seenSince(tag: Tag, digest: Digest, ageFrom: Asker['ageFrom']): Promise<number> {
    const { since } = await see(tag, digest)
    const facts = ageFrom === 'registry' ? listed?.get(tag) : undefined
    const isOfThis = facts?.digest === undefined || facts.digest === digest
    return isOfThis ? Math.min(since, facts?.pushedAt ?? since) : since
  }

  async function learnCreation(tag: Tag): Promise<void> {
    learned = true
    const facts = listed?.get(tag)
    const digest = facts?.digest ?? (await digestOf(tag))
    const seen = await see(tag, digest)
    if (seen.createdAt !== undefined) return
    const createdAt = facts?.createdAt ?? (await describe(tag, digest)).createdAt ?? null
    ;(await opened()).set(tag, { ...seen, createdAt })
  }

  /** A tag with another digest than before is a new sight. */
  async function see(tag: Tag, digest: Digest): Promise<Sighting> {
    const known = await opened()
    const before = known.get(tag)
    const isSame = before?.digest === digest
    const sighting = isSame ? { ...before, askedAt: now() } : { digest, since: now(), askedAt: now() }
    known.set(tag, sighting)
    learned ||= !isSame
    return sighting
  }

  function opened(): Promise<Map<Tag, Sighting>> {
    sightings ??= options.sightings.get(key).then((record) => new Map(Object.entries(record?.tags ?? {})))
    return sightings
  }
}

type Sighting = Sightings['tags'][string]

/** A tag may be missing from a list by mistake, and is then known again when it comes back within these. */
const UNLISTED_KEPT_MS = 30 * 86_400_000

function withoutUnlisted(all: ReadonlyMap<Tag, Sighting>, tags: readonly Tag[], now: number) {
  const listed = new Set(tags)
  return [...all].filter(([tag, { askedAt }]) => listed.has(tag) || now - askedAt < UNLISTED_KEPT_MS)
}

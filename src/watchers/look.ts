import type { ImageDescription } from '../image/description.js'
import type { Digest } from '../image/digest.js'
import type { Repository } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import type { Sightings } from '../jobs/payloads.js'
import type { Records } from '../jobs/records.js'
import type { Facts, SignatureVerdict } from '../policies/gate.js'
import { RegistryError } from './registry/errors.js'
import type { ListedFacts, Registry } from './registry/registry.js'
import { type AgeFrom, ageOf, type Creations, type Sighting, type SightingBook, sightingBook } from './sighting-book.js'

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

/** What differs from policy to policy. */
export interface Asker {
  readonly ageFrom: AgeFrom
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

const CREATIONS_AT_ONCE = 8

export function openLook(options: LookOptions): Look {
  const { registry, key, repository, tags, listed, now, signal } = options
  const digests = new Map<Tag, Promise<Digest>>()
  const descriptions = new Map<Digest, Promise<ImageDescription | undefined>>()
  let opened: Promise<SightingBook> | undefined

  return {
    digestOf,
    async learn(tag, fact, { ageFrom, checkSignature }) {
      const digest = await digestOf(tag)
      if (fact === 'seenSince') return { digest, seenSince: ageOf(await see(tag, digest), ageFrom) }
      if (fact === 'platforms') return { digest, platforms: (await describe(tag, digest)).platforms }
      if (checkSignature === undefined) throw new TypeError(`Cannot check who signed "${key}:${tag}": nobody can`)
      return { digest, signature: await checkSignature(repository, digest, signal) }
    },
    async lastKnown({ ageFrom }) {
      return (await book()).ages(ageFrom)
    },
    async creationOf(wanted) {
      const sightings = await book()
      await learnCreations(sightings.creationsToAsk(wanted))
      return sightings.creationsOf(wanted)
    },
    async save() {
      const news = (await opened)?.news(tags)
      if (news !== undefined) await options.sightings.set(key, news)
    },
  }

  // Read when first needed: most policies do not go by it.
  function book(): Promise<SightingBook> {
    opened ??= options.sightings.get(key).then((kept) => sightingBook(kept, now))
    return opened
  }

  async function see(tag: Tag, digest: Digest): Promise<Sighting> {
    return (await book()).see(tag, digest, listed?.get(tag))
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

  /** One failure ends it for all: the registry does not answer, and what was learned before is kept. */
  async function learnCreations(wanted: readonly Tag[]): Promise<void> {
    const queue = [...wanted].reverse()
    const failures: unknown[] = []
    const worker = async () => {
      for (let tag = queue.pop(); tag !== undefined; tag = queue.pop()) {
        try {
          await learnCreation(tag)
        } catch (error) {
          if (error instanceof RegistryError && error.code === 'NOT_FOUND') (await book()).noteDangling(tag)
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
    let { createdAt } = await see(tag, digest)
    if (createdAt === undefined) createdAt = facts?.createdAt ?? (await describe(tag, digest)).createdAt ?? null
    ;(await book()).noteCreation(tag, createdAt)
  }
}

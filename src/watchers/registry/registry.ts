import type { ImageDescription } from '../../image/description.js'
import type { Digest } from '../../image/digest.js'
import type { Repository } from '../../image/repository.js'
import type { Tag } from '../../image/tag.js'
import type { AttachedSignature } from './attached-signature.js'

/**
 * What watchers ask of registries. All calls throw `RegistryError`, whose `retryable` says whether asking later may help,
 * and all reject with the signal's reason when it aborts.
 */
export interface Registry {
  /** Lists every tag of a repository, all pages. An empty repository has no tags; an unknown one is an error. */
  listTags(repository: Repository, options: ListOptions): Promise<TagListing>
  /** The digest that a tag stands for now, or undefined where the registry has no such manifest. */
  resolveDigest(
    repository: Repository,
    tag: Tag,
    options: { readonly signal: AbortSignal },
  ): Promise<Digest | undefined>
  /**
   * What an image or index says of itself, or undefined where the registry has no such manifest. Two or three requests, which
   * Docker Hub counts as pulls; none for a digest that was described lately.
   */
  describeManifest(
    repository: Repository,
    digest: Digest,
    options: { readonly signal: AbortSignal },
  ): Promise<ImageDescription | undefined>
  /**
   * What is attached to a manifest to vouch for it, at most fifty and none of it verified but by its digest. None where the
   * registry has no such manifest. `kept` says where: under the tag that cosign gives signatures, by one request and one for
   * each signature; or among what refers to the manifest, by one or two requests and two for each signature.
   */
  readSignatures(
    repository: Repository,
    digest: Digest,
    options: { readonly kept: 'tag' | 'referrers'; readonly signal: AbortSignal },
  ): Promise<readonly AttachedSignature[]>
  /** Closes idle connections. */
  stop(): Promise<void>
}

export interface ListOptions {
  readonly signal: AbortSignal
  /** The fingerprint of the listing known so far: an equal list is answered without its tags. */
  readonly known?: Fingerprint | undefined
}

/**
 * Opaque text that stands for a list of tags, to be handed back as `known`. Not to be compared by others: two of one list
 * may differ, because it also remembers how the list came, so that the same bytes need not be read again.
 */
export type Fingerprint = string

export type TagListing =
  /** The same tags as known, whatever their order on the wire. The fingerprint is the one to hand back from now on. */
  | { readonly changed: false; readonly fingerprint: Fingerprint }
  | {
      readonly changed: true
      readonly fingerprint: Fingerprint
      /** Distinct, valid tags in code point order. */
      readonly tags: readonly Tag[]
      /**
       * What the answers that were read told besides, of as many tags as they told it of: Google's lists of all, Docker Hub's
       * and Quay's APIs of the newest hundred, where they were asked. Absent where nothing was told. No request is made for it.
       */
      readonly facts?: ReadonlyMap<Tag, ListedFacts>
    }

/** What a listing says of one tag. Nothing of it was verified, and a tag may have moved since. */
export interface ListedFacts {
  /** What the tag stood for. Only `resolveDigest` tells what it stands for now. */
  readonly digest?: Digest
  /**
   * In milliseconds since the Unix epoch, by the registry's clock. Quay: when the tag came to stand for the digest. Google and
   * GHCR: when the digest was first pushed, which the tag may have been given much later. Docker Hub: the last push of the tag,
   * or of another tag of the same digest (renovatebot/renovate#38659). So the tag may be younger than this with Google and
   * GHCR, and older with Docker Hub.
   */
  readonly pushedAt?: number
  /** When the image was built, as its author says; in milliseconds since the Unix epoch. Google only. */
  readonly createdAt?: number
}

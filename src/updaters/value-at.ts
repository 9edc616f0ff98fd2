import type { Digest } from '../image/digest.js'
import { formatReference } from '../image/reference.js'
import { repositoryKey, tryParseRepository } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import type { Place, PlaceEdit } from './manifests/place.js'
import type { WritingPolicy } from './target.js'

/** What stands at a place, or is to stand there: either of the two may be absent. */
export interface TagAndDigest {
  readonly tag?: Tag | undefined
  readonly digest?: Digest | undefined
}

/** Tag, digest or `tag@digest` as they stand at a place, empty where there is neither; of a name, the name. */
export function currentAt(place: Place): string {
  return shown(place, place.image, place.value.includes('@'))
}

/** The same, as it should be. */
export function desiredAt(place: Place, policy: WritingPolicy, wanted: TagAndDigest): string {
  return place.kind === 'name' ? policy.image : shown(place, wanted, pins(place, policy) || place.value.includes('@'))
}

/** Whether a digest must be known to write here: where one stands, it follows the tag. */
export function needsDigest(place: Place, policy: WritingPolicy): boolean {
  return place.image.digest !== undefined || pins(place, policy)
}

/** What is written: a reference by digest alone stays one, for its digest is what is pulled. */
export function wantedAt(place: Place, policy: WritingPolicy, tag: Tag, digest: Digest | undefined): TagAndDigest {
  if (digest === undefined || !needsDigest(place, policy)) return { tag }
  return isDigestAlone(place) ? { digest } : { tag, digest }
}

/** Whether nothing is to be done for this tag and digest. */
export function standsAt(place: Place, policy: WritingPolicy, tag: Tag, digest: Digest | undefined): boolean {
  if (!namesImage(place, policy)) return false
  if (place.kind === 'name') return true
  const { image } = place
  if (image.tag === undefined) return digest !== undefined && image.digest === digest
  if (image.tag !== tag) return false
  if (image.digest === undefined) return digest === undefined || !pins(place, policy)
  const showsDigest = place.kind === 'digest' || place.value.includes('@')
  return policy.digest !== 'refresh' || digest === undefined || !showsDigest || image.digest === digest
}

export function editAt(place: Place, policy: WritingPolicy, wanted: TagAndDigest): PlaceEdit {
  const isApart = pins(place, policy) && place.pin !== 'inside'
  const value = valueFor(place, policy, isApart ? { tag: wanted.tag } : wanted)
  return { place, value, ...(isApart && wanted.digest !== undefined && { digest: wanted.digest }) }
}

function valueFor(place: Place, policy: WritingPolicy, { tag, digest }: TagAndDigest): string {
  if (place.kind === 'name') return policy.image
  // A digest may stand beside the value, where it is a place of its own.
  const hasDigest = pins(place, policy) || place.value.includes('@')
  if (place.kind !== 'reference') return shown(place, { tag, digest }, hasDigest)
  const name = place.image.name !== undefined && namesImage(place, policy) ? place.image.name : policy.image
  return formatReference({
    name,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && hasDigest && { digest }),
  })
}

/** Whether the policy adds a digest here. */
function pins({ image, pin }: Place, { digest }: WritingPolicy): boolean {
  return digest !== 'none' && pin !== undefined && image.digest === undefined
}

function isDigestAlone({ image }: Place): boolean {
  return image.tag === undefined && image.digest !== undefined
}

/** A tag or digest does not name its image: a comment or path may give it to the policy of another one, such as a mirror's. */
function namesImage({ kind, image }: Place, policy: WritingPolicy): boolean {
  if (image.name === undefined || kind === 'tag' || kind === 'digest') return true
  const repository = tryParseRepository(image.name)
  return repository !== undefined && repositoryKey(repository) === repositoryKey(policy.repository)
}

function shown(place: Place, { tag, digest }: TagAndDigest, withDigest: boolean): string {
  if (place.kind === 'name') return place.value
  if (place.kind === 'digest') return digest ?? ''
  return [tag, withDigest ? digest : undefined].filter((part) => part !== undefined).join('@')
}

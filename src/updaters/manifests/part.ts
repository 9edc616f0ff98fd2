import { isDigest } from '../../image/digest.js'
import { tryParseReference } from '../../image/reference.js'
import { tryParseRepository } from '../../image/repository.js'
import { isTag } from '../../image/tag.js'
import type { Place, PlacedImage } from './place.js'

/** What a value says of an image, read as a part of one. Undefined where it is no such part. */
export function tryParsePart(kind: Place['kind'], value: string): PlacedImage | undefined {
  switch (kind) {
    case 'reference': {
      const reference = tryParseReference(value)
      return reference && imageOf(reference.name, reference)
    }
    case 'name':
      return tryParseRepository(value) && { name: value }
    case 'tag': {
      const at = value.indexOf('@')
      const tag = at === -1 ? value : value.slice(0, at)
      const digest = at === -1 ? undefined : value.slice(at + 1)
      return isTag(tag) && (digest === undefined || isDigest(digest)) ? imageOf(undefined, { tag, digest }) : undefined
    }
    case 'digest':
      return isDigest(value) ? { digest: value } : undefined
  }
}

/** Leaves out what is undefined. */
export function imageOf(
  name: string | undefined,
  { tag, digest }: { readonly tag?: string | undefined; readonly digest?: string | undefined },
): PlacedImage {
  return {
    ...(name !== undefined && { name }),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  }
}

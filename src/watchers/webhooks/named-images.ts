import { z } from 'zod'
import { isDigest } from '../../image/digest.js'
import { tryParseReference } from '../../image/reference.js'
import { isTag } from '../../image/tag.js'
import { MAX_EVENTS, parseBody } from './body.js'
import type { Delivery, PushedImage } from './sender.js'

/**
 * Reads one object or a list of at most 1,000: `{ "image": "ghcr.io/org/app", "tag": "1.4.0", "digest": "sha256:…" }`.
 *
 * Tag and digest are optional and may stand in `image` too, where `tag` goes before. Whoever writes this body can mend it,
 * so that one wrong object refuses all of it. Throws `WebhookError` `INVALID_BODY`.
 *
 * @param registry canonical host: where given, images of other registries are ignored
 */
export function readNamedImages({ body }: Delivery, registry: string | undefined): readonly PushedImage[] {
  return imagesAt(registry, parseBody(body, namedImages))
}

/** Those of one registry, or all where none is given. */
export function imagesAt(registry: string | undefined, images: readonly PushedImage[]): readonly PushedImage[] {
  return images.filter(({ repository }) => registry === undefined || repository.registry === registry)
}

const namedImage = z
  .object(
    {
      image: z.string('expected the name of an image'),
      tag: z.string('expected a tag').refine(isTag, 'expected a tag').optional(),
      digest: z.string('expected a digest').refine(isDigest, 'expected a digest').optional(),
    },
    'expected an object with "image"',
  )
  .transform((named, context): PushedImage => {
    const reference = tryParseReference(named.image)
    if (reference === undefined) {
      context.addIssue({ code: 'custom', path: ['image'], message: 'expected the name of an image' })
      return z.NEVER
    }
    const tag = named.tag ?? reference.tag
    return { repository: reference.repository, ...(tag !== undefined && { tag }) }
  })

export const namedImages = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(namedImage).max(MAX_EVENTS, `expected at most ${MAX_EVENTS} images`),
)

import { z } from 'zod'
import { isDigest } from '../../image/digest.js'
import { tryParseReference } from '../../image/reference.js'
import { isTag } from '../../image/tag.js'
import { requireSignature } from './authenticity.js'
import { MAX_EVENTS, parseBody } from './body.js'
import type { PushedImage, Sender } from './sender.js'

export interface GenericOptions {
  readonly secret: string
  /** Canonical host, such as `docker.io`. Where given, images of other registries are ignored. */
  readonly registry?: string | undefined
}

/**
 * Events of builds and scripts, signed with `X-Signature: sha256=<HMAC-SHA256 of the raw body in hexadecimal>`.
 *
 * The body is one object or a list of at most 1,000: `{ "image": "ghcr.io/org/app", "tag": "1.4.0", "digest": "sha256:…" }`.
 * Tag and digest are optional and may stand in `image` too, where `tag` goes before. Whoever writes this body can mend it,
 * so that one wrong object refuses all of it.
 */
export function genericSender({ secret, registry }: GenericOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireSignature(delivery, 'x-signature', secret)
      const images = parseBody(delivery.body, oneOrMore)
      return images.filter((image) => registry === undefined || image.repository.registry === registry)
    },
  }
}

const pushed = z
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

const oneOrMore = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(pushed).max(MAX_EVENTS, `expected at most ${MAX_EVENTS} images`),
)

import type { Claim } from './claims.js'
import { argumentOf } from './marked-place.js'
import { isReplaceable, type ScalarNode } from './node.js'
import { tryParsePart } from './part.js'
import type { Marker, Place } from './place.js'
import { decode } from './source.js'

/**
 * The place that a path makes of a scalar about which nothing around it tells. What stands there says what it is; of an
 * argument, `--image=…`, what stands behind the last `=`. Otherwise the reason why it is no place.
 */
export function pathPlace(
  scalar: ScalarNode,
  { isImage }: Claim,
  line: number,
  marker: Marker | undefined,
): Place | string {
  if (scalar.value === '' || scalar.resolvesTo === 'null')
    return 'nothing stands there that tells a reference from a tag or a digest'
  if (!isReplaceable(scalar)) return 'what stands there is on several lines, in which only markers count'
  const kinds = isImage ? IMAGE_KINDS : KINDS
  const kind = kinds.find((each) => tryParsePart(each, scalar.value) !== undefined)
  const argument = kind === undefined ? argumentIn(scalar, kinds) : { kind, value: scalar }
  if (argument === undefined) return 'what stands there is neither a reference, a tag nor a digest'
  const { start, end, value } = argument.value
  const image = tryParsePart(argument.kind, value) ?? {}
  return {
    kind: argument.kind,
    start,
    end,
    ...(kind === undefined && { embedded: true }),
    line,
    value: decode(value),
    image,
    ...(argument.kind === 'reference' && image.digest === undefined && { pin: 'inside' }),
    ...(marker !== undefined && { marker }),
  }
}

type Kind = Exclude<Place['kind'], 'name'>

/** One word may be a tag, or the name of an image without one. */
const KINDS: readonly Kind[] = ['digest', 'tag', 'reference']
const IMAGE_KINDS: readonly Kind[] = ['digest', 'reference', 'tag']

function argumentIn(scalar: ScalarNode, kinds: readonly Kind[]) {
  for (const kind of kinds) {
    const value = argumentOf(scalar, { part: kind })
    if (value !== undefined) return { kind, value }
  }
  return undefined
}

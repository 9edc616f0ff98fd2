import { type Fields, FOREIGN_DIGESTS, hasForeignDigest, isEmpty } from './fields.js'
import type { Doubt, Finding } from './finding.js'
import { namesRegistry } from './image-name.js'
import { isReplaceable, type ScalarNode, type Target } from './node.js'
import { imageOf, tryParsePart } from './part.js'
import type { Pin } from './place.js'

/** How a form takes the digest of a tag: with an empty field for it, or without any. */
export interface Pinning {
  readonly fill: (digest: ScalarNode) => Pin | undefined
  readonly add: (tag: ScalarNode) => Pin | undefined
}

/**
 * The tag and the digest of one map, which belong to the image `name`.
 *
 * An empty one is the chart's to decide. Where one of them is not plain to read, such as `${TAG}` or a `sha` without its
 * algorithm, the other stays too, or they would name two images.
 */
export function pairOf(fields: Fields, name: string | undefined, pinning: Pinning): readonly (Finding | Doubt)[] {
  const tagField = fields.get('tag') ?? fields.get('newTag')
  const digestField = fields.get('digest') ?? fields.get('newDigest')
  const tag = partOf('tag', tagField) ?? (tagField === undefined ? versionOf(fields, name) : undefined)
  const digest = partOf('digest', digestField)
  const unreadable = [tag, digest].includes('unreadable') || hasForeignDigest(fields)
  const parts = [tag, digest].filter((part) => part !== undefined && part !== 'unreadable')

  if (unreadable) {
    const message = 'Left alone: the tag or digest beside it cannot be read'
    return name === undefined ? [] : parts.map(({ scalar }) => ({ scalar, message }))
  }
  return parts.map(({ kind, scalar, image }) => {
    const partner = parts.find((part) => part.scalar !== scalar)
    // A digest inside the tag is nearer than the one beside it.
    const whole = imageOf(name, { ...partner?.image, ...image })
    if (partner !== undefined) return { kind, scalar, image: whole, partner: partner.scalar }
    const pin =
      whole.digest === undefined && tagField !== undefined ? pinOf(scalar, digestField, fields, pinning) : undefined
    return { kind, scalar, image: whole, ...(pin !== undefined && { pin }) }
  })
}

/** The digest is never written inside a tag that has a field for it: charts then take the whole tag for a version. */
function pinOf(tag: ScalarNode, digest: Target | undefined, fields: Fields, { fill, add }: Pinning): Pin | undefined {
  if (digest === undefined) return FOREIGN_DIGESTS.some((key) => fields.has(key)) ? undefined : add(tag)
  return digest.type === 'scalar' ? fill(digest) : undefined
}

type Part = Pick<Finding, 'scalar' | 'image'> & { readonly kind: 'tag' | 'digest' }

/** What YAML takes for a number is a tag as it is spelled: `1.10`. */
function partOf(kind: Part['kind'], field: Target | undefined): Part | 'unreadable' | undefined {
  if (field === undefined || isEmpty(field)) return undefined
  if (field.type !== 'scalar' || !isReplaceable(field)) return 'unreadable'
  const image = tryParsePart(kind, field.value)
  return image === undefined ? 'unreadable' : { kind, scalar: field, image }
}

/**
 * A `version` is a tag only of what is surely an image, with its registry: packages, charts and objects have versions too,
 * and charts may even be kept in the same registry. Whatever reads it expects a version, and no digest behind it.
 */
function versionOf(fields: Fields, name: string | undefined): Part | undefined {
  if (name === undefined || !namesRegistry(name) || fields.has('chart')) return undefined
  if (!IMAGE_KEYS.some((key) => fields.has(key))) return undefined
  const part = partOf('tag', fields.get('version'))
  return part === 'unreadable' ? undefined : part
}

const IMAGE_KEYS = ['registry', 'repository', 'image', 'imageName']

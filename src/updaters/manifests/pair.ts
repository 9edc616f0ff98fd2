import { tryParseReference } from '../../image/reference.js'
import { tryParseRepository } from '../../image/repository.js'
import { type Fields, isEmpty, textOf } from './fields.js'
import type { Doubt, Finding } from './finding.js'
import { isReplaceable, type ScalarNode, type Target } from './node.js'
import { imageOf, tryParsePart } from './part.js'

/**
 * The tag and the digest of one map, which belong to the image `name`.
 *
 * An empty one is the chart's to decide. Where one of them is not plain to read, such as `${TAG}` or a `sha` without its
 * algorithm, the other stays too, or they would name two images.
 */
export function pairOf(fields: Fields, name: string | undefined): readonly (Finding | Doubt)[] {
  const tag = partOf('tag', fields.get('tag') ?? fields.get('newTag'))
  const digest = partOf('digest', fields.get('digest') ?? fields.get('newDigest'))
  const unreadable = [tag, digest].includes('unreadable') || !isEmpty(fields.get('sha'))
  const parts = [tag, digest].filter((part) => part !== undefined && part !== 'unreadable')

  if (unreadable) {
    const message = 'Left alone: the tag or digest beside it cannot be read'
    return name === undefined ? [] : parts.map(({ scalar }) => ({ scalar, message }))
  }
  return parts.map(({ kind, scalar, image }) => {
    const partner = parts.find((part) => part.scalar !== scalar)
    // A digest inside the tag is nearer than the one beside it.
    const whole = imageOf(name, { ...partner?.image, ...image })
    return { kind, scalar, image: whole, ...(partner !== undefined && { partner: partner.scalar }) }
  })
}

export function isDoubt(found: Finding | Doubt): found is Doubt {
  return 'message' in found
}

/** The repository of Helm values: `repository` or a bare `image`, behind its `registry` where one stands beside it. */
export function helmName(fields: Fields): string | undefined {
  const repository = textOf(fields.get('repository')) ?? bareImage(fields)?.value
  if (repository === undefined) return undefined
  const registry = textOf(fields.get('registry'))
  if (registry === undefined && !isEmpty(fields.get('registry'))) return undefined
  const name = registry === undefined ? repository : `${registry}/${repository}`
  return tryParseRepository(name) && name
}

/** An `image` with neither tag nor digest in itself. */
export function bareImage(fields: Fields): ScalarNode | undefined {
  const image = fields.get('image')
  if (image?.type !== 'scalar') return undefined
  const reference = tryParseReference(image.value)
  return reference !== undefined && reference.tag === undefined && reference.digest === undefined ? image : undefined
}

type Part = Pick<Finding, 'scalar' | 'image'> & { readonly kind: 'tag' | 'digest' }

/** What YAML takes for a number is a tag as it is spelled: `1.10`. */
function partOf(kind: Part['kind'], field: Target | undefined): Part | 'unreadable' | undefined {
  if (field === undefined || isEmpty(field)) return undefined
  if (field.type !== 'scalar' || !isReplaceable(field)) return 'unreadable'
  const image = tryParsePart(kind, field.value)
  return image === undefined ? 'unreadable' : { kind, scalar: field, image }
}

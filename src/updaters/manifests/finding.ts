import type { ScalarNode } from './node.js'
import type { Pin, Place, PlacedImage } from './place.js'

/** A scalar that belongs to an image, found by what stands around it. */
export interface Finding {
  readonly scalar: ScalarNode
  readonly kind: 'reference' | 'tag' | 'digest'
  /** Without a name, it is a tag or digest that only a marker makes a place. */
  readonly image: PlacedImage
  /** Where in the scalar it stands, where it is not the whole. */
  readonly within?: Pick<Place, 'start' | 'end' | 'value'>
  /** The tag or digest beside it. */
  readonly partner?: ScalarNode
  readonly pin?: Pin
}

/** A scalar that is left alone although it belongs to an image, and why. */
export interface Doubt {
  readonly scalar: ScalarNode
  readonly message: string
}

export interface Discovery {
  readonly findings: ReadonlyMap<ScalarNode, Finding>
  readonly doubts: ReadonlyMap<ScalarNode, Doubt>
}

export function isDoubt(found: Finding | Doubt): found is Doubt {
  return 'message' in found
}

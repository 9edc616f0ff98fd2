import { imageOf, tryParsePart } from './part.js'
import type { Marker, Place, PlacedImage } from './place.js'
import { decode } from './source.js'

export type PolicyMarker = Extract<Marker, { readonly type: 'policy' }>

/**
 * The place that a policy's marker makes of a value, whatever stands there; `beside` is what the map around it says.
 * Undefined where the value is an expression, such as a template's or `--image=…`, whose other parts would be lost.
 */
export function markedPlace(
  { start, end, value }: Pick<Place, 'start' | 'end' | 'value'>,
  marker: PolicyMarker,
  line: number,
  beside: PlacedImage = {},
): Place | undefined {
  if (EXPRESSION.test(value)) return undefined
  const own = tryParsePart(marker.part, value)
  const image = imageOf(own?.name ?? beside.name, { ...beside, ...own })
  return { kind: marker.part, start, end, line, value: decode(value), image, marker }
}

export const EXPRESSION_MESSAGE = 'Cannot follow the marker: the value before it is an expression'

const EXPRESSION = /[ \t\r\n=(){}$`]/

import type { Finding } from './finding.js'
import { imageOf, tryParsePart } from './part.js'
import type { Marker, Place } from './place.js'
import { decode } from './source.js'

export type PolicyMarker = Extract<Marker, { readonly type: 'policy' }>

/** The place of what discovery found, with what a comment says of it. */
export function foundPlace(
  { kind, scalar, within, image, pin }: Finding,
  line: number,
  marker: Marker | undefined,
): Place {
  const { start, end, value } = within ?? scalar
  return {
    kind,
    start,
    end,
    ...(within !== undefined && { embedded: true }),
    line,
    value: decode(value),
    image,
    ...(pin !== undefined && { pin }),
    ...(marker !== undefined && { marker }),
  }
}

type Value = Pick<Place, 'start' | 'end' | 'value'>

/**
 * The place that a policy's marker makes of a value, whatever stands there; `found` is what the map around it says.
 *
 * Of an argument, `--image=…`, it is what stands behind the last `=`. Undefined where the value is another expression, such as
 * a template's, whose other parts would be lost.
 */
export function markedPlace(value: Value, marker: PolicyMarker, line: number, found?: Finding): Place | undefined {
  if (found?.within !== undefined) return embeddedPlace(found, marker, line)
  const argument = EXPRESSION.test(value.value) ? argumentOf(value, marker) : value
  if (argument === undefined) return undefined
  const { start, end } = argument
  const { image, pin } = found?.kind === marker.part ? found : {}
  const own = tryParsePart(marker.part, argument.value)
  const whole = imageOf(own?.name ?? image?.name, { ...image, ...own })
  return {
    kind: marker.part,
    start,
    end,
    ...(argument !== value && { embedded: true }),
    line,
    value: decode(argument.value),
    image: whole,
    ...pinOf(marker, pin, whole.digest === undefined),
    marker,
  }
}

export const EXPRESSION_MESSAGE = 'Cannot follow the marker: the value before it is an expression'

const EXPRESSION = /[ \t\r\n=(){}$`]/

/** A marker says what to write, and only a reference has room for more; a tag, where what stands around it says so. */
function pinOf({ part }: PolicyMarker, pin: Place['pin'], hasRoom: boolean): Pick<Place, 'pin'> {
  if (pin !== undefined) return { pin }
  return part === 'reference' && hasRoom ? { pin: 'inside' } : {}
}

/** A marker may name what discovery found within the value by what it is, or the value as a whole. */
function embeddedPlace(found: Finding, marker: PolicyMarker, line: number): Place | undefined {
  const { kind } = found
  return marker.part === kind || marker.part === 'reference'
    ? foundPlace(found, line, { ...marker, part: kind })
    : undefined
}

/** What stands behind the last `=`, where it is what the marker says. */
export function argumentOf({ start, end, value }: Value, { part }: Pick<PolicyMarker, 'part'>): Value | undefined {
  const at = value.lastIndexOf('=') + 1
  const argument = value.slice(at)
  // With an escape in it, the value is not what stands in the file.
  if (at === 0 || end - start !== value.length || tryParsePart(part, argument) === undefined) return undefined
  return EXPRESSION.test(value.slice(0, at - 1)) ? undefined : { start: start + at, end, value: argument }
}

import { EXPRESSION_MESSAGE, markedPlace } from './marked-place.js'
import { markedLines, parseMarker } from './marker.js'
import type { Place, Scan, Warning } from './place.js'
import type { TextRegion } from './source.js'

/**
 * The places of a text that is no YAML, such as a Helm template or an `.env` file: only what a marker names, on its line.
 * There is nothing that `ignore` and `hold` would have to freeze.
 */
export function textPlaces(text: string, region: TextRegion, lineOf: (offset: number) => number): Scan {
  const places: Place[] = []
  const warnings: Warning[] = []
  for (const { start, end } of markedLines(text, region.start, region.end)) {
    const hash = commentStart(text, start, end)
    const marker = hash === undefined ? undefined : parseMarker(text.slice(hash + 1, end))
    if (hash === undefined || marker === undefined) continue
    const line = lineOf(start)
    if (marker.type === 'malformed') warnings.push({ line, message: marker.message })
    if (marker.type !== 'policy') continue
    const value = valueBefore(text, start, hash)
    const place = value && markedPlace(value, marker, line)
    if (place !== undefined) places.push(place)
    else warnings.push({ line, message: value === undefined ? NO_VALUE_MESSAGE : EXPRESSION_MESSAGE })
  }
  return { places, warnings }
}

const NO_VALUE_MESSAGE = 'Cannot follow the marker: no value stands before it on its line'

/** The `#` from which on the line is a marker: what may be quoted before is unknown, as the language is. */
function commentStart(text: string, start: number, end: number): number | undefined {
  const found = /(?<![^ \t])#+[ \t]*(?:tidemark:|\{[^#]*\$imagepolicy)/.exec(text.slice(start, end))
  return found === null ? undefined : start + found.index
}

/** The value that ends a text: in quotes or one word, behind `:`, `=` or the `-` of a list. */
function valueBefore(text: string, start: number, end: number): Pick<Place, 'start' | 'end' | 'value'> | undefined {
  const last = skipBlanks(text, start, end)
  const close = text[last - 1] === ',' || text[last - 1] === ';' ? last - 1 : last
  const quote = text[close - 1]
  const isQuoted = quote === '"' || quote === "'"
  const from = isQuoted ? text.lastIndexOf(quote, close - 2) + 1 : wordStart(text, start, close)
  const to = isQuoted ? close - 1 : close
  // Without an opening quote on the line, the search went on to an earlier one.
  if (from <= start || from > to || (!isQuoted && from === to)) return undefined
  const value = text.slice(from, to)
  return value.includes('\\') || !isSeparated(text, start, isQuoted ? from - 1 : from)
    ? undefined
    : { start: from, end: to, value }
}

/** A word ends at a blank or quote, and behind the `=` of `TAG=1.2` or `--tag=1.2`. */
function wordStart(text: string, start: number, end: number): number {
  let at = end
  while (at > start && !/[ \t"'=]/.test(text[at - 1] as string)) at--
  return at
}

function isSeparated(text: string, start: number, at: number): boolean {
  const separator = skipBlanks(text, start, at)
  const hasBlank = separator < at
  if (text[separator - 1] === '=') return true
  if (text[separator - 1] === ':') return hasBlank || text[at] === '"' || text[at] === "'"
  const isListItem = text[separator - 1] === '-' && /^[ \t]*(?:- *)*$/.test(text.slice(start, separator))
  return hasBlank && isListItem
}

/** The end of what stands before the blanks that end at `end`. */
function skipBlanks(text: string, start: number, end: number): number {
  let at = end
  while (at > start && (text[at - 1] === ' ' || text[at - 1] === '\t')) at--
  return at
}

import type { Marker } from './place.js'
import { decode } from './source.js'

/** A comment that was meant to be a marker and is none. */
export interface MalformedMarker {
  readonly type: 'malformed'
  readonly message: string
}

/** Where a text can have a marker at all. A colon inside an image's name, `acme/tidemark:1.0`, is none. */
const MENTION = /\$imagepolicy|(?<![^ \t#])tidemark:/g

/** The lines with something like a marker, within a range that ends with a line. */
export function* markedLines(text: string, start: number, end: number): Generator<{ start: number; end: number }> {
  const mention = new RegExp(MENTION)
  // In the whole text, what has no marker would be searched to the end of the file, for each of its documents.
  const part = text.slice(start, end)
  for (let found = mention.exec(part); found !== null; found = mention.exec(part)) {
    const at = start + found.index
    const next = text.indexOf('\n', at)
    const lineEnd = next === -1 ? text.length : next
    yield { start: text.lastIndexOf('\n', at) + 1, end: text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd }
    mention.lastIndex = lineEnd - start
  }
}

/** How many markers a text could have, counted up to `limit`. */
export function countMentions(text: string, limit: number): number {
  const mention = new RegExp(MENTION)
  let count = 0
  while (count < limit && mention.test(text)) count++
  return count
}

/**
 * Reads a comment, without its `#`. Undefined where it is about something else.
 *
 * Two spellings: Flux's `{"$imagepolicy": "namespace:name[:tag|:name|:digest]"}` (its guide "Configure image update for
 * custom resources"), whose policy becomes `namespace/name`; and `tidemark: name[:tag|:name|:digest]`, `tidemark: ignore`,
 * `tidemark: hold <reason>`.
 */
export function parseMarker(comment: string): Marker | MalformedMarker | undefined {
  const text = comment.replace(/^#*[ \t]*/, '')
  if (text.startsWith(OURS)) return parseOurs(trimBlanks(text.slice(OURS.length)))
  if (text.startsWith('{') && text.includes(FLUX)) return parseFlux(text)
  // MENTION finds only what could have been a marker, were it the whole comment.
  return new RegExp(MENTION).test(comment) ? malformed('a marker must be the whole comment') : undefined
}

const OURS = 'tidemark:'
const FLUX = '$imagepolicy'
const LONGEST_FLUX_MARKER = 1000
const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,252}$/

function parseOurs(text: string): Marker | MalformedMarker {
  const blank = text.search(/[ \t]/)
  const word = blank === -1 ? text : text.slice(0, blank)
  const rest = blank === -1 ? '' : trimBlanks(text.slice(blank))
  if (word === 'ignore') return { type: 'ignore' }
  if (word === 'hold') return rest === '' ? malformed('a hold needs a reason') : { type: 'hold', reason: decode(rest) }
  if (rest !== '') return malformed('a policy name must be the end of the comment')
  const [name = '', part, ...more] = word.split(':')
  return more.length > 0 ? malformed('expected name[:tag|:name|:digest]') : policyMarker(name, part)
}

function parseFlux(text: string): Marker | MalformedMarker {
  if (text.length > LONGEST_FLUX_MARKER) return malformed(`a marker has at most ${LONGEST_FLUX_MARKER} characters`)
  const value = fluxValue(text)
  if (value === undefined) return malformed(`expected {"${FLUX}": "namespace:name[:tag|:name|:digest]"}`)
  const [namespace = '', name = '', part, ...more] = value.split(':')
  if (namespace === '' || name === '' || more.length > 0)
    return malformed('expected namespace:name[:tag|:name|:digest]')
  return policyMarker(`${namespace}/${name}`, part)
}

/**
 * The string under `$imagepolicy` of a JSON object that has nothing but strings: Flux's controller reads the whole comment,
 * behind all its `#`, into a map of strings, and passes over what is none (kyaml, fieldmeta).
 */
function fluxValue(json: string): string | undefined {
  try {
    const object = JSON.parse(json) as Readonly<Record<string, unknown>>
    const values = Object.values(object)
    const value = Object.hasOwn(object, FLUX) ? object[FLUX] : undefined
    return typeof value === 'string' && values.every(isTextOrNull) ? value : undefined
  } catch {
    return undefined
  }
}

function isTextOrNull(value: unknown): boolean {
  return typeof value === 'string' || value === null
}

function policyMarker(policy: string, part: string | undefined): Marker | MalformedMarker {
  if (!NAME.test(policy)) return malformed('it names no policy')
  if (part === undefined) return { type: 'policy', policy, part: 'reference' }
  if (part === 'tag' || part === 'name' || part === 'digest') return { type: 'policy', policy, part }
  return malformed('only tag, name or digest can follow a policy name')
}

function malformed(reason: string): MalformedMarker {
  return { type: 'malformed', message: `Cannot read the marker: ${reason}` }
}

/** Blanks at the end are trimmed by hand: a pattern for them takes quadratic time, and `trim` takes bytes of other letters. */
function trimBlanks(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--
  let start = 0
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++
  return text.slice(start, end)
}

import { ManifestError } from './errors.js'

/**
 * Writes a value for the scalar whose content stands between `start` and `end`, in the quotes that stand there.
 * A plain scalar gets double quotes where YAML 1.1 or 1.2 would take the value for something other than its text.
 * Throws `ManifestError` `UNWRITABLE_VALUE` for what is no image's text, so that a registry can never write anything else.
 */
export function writeScalar(text: string, start: number, end: number, value: string): string {
  checkWritable(value)
  const quote = text[start - 1]
  if ((quote === '"' || quote === "'") && text[end] === quote) return value
  return isAssigned(text, start) || isPlainText(value) ? value : `"${value}"`
}

/** Writes a value for a part of a scalar, which then stays text for the rest of it. Throws like `writeScalar`. */
export function writeEmbedded(value: string): string {
  checkWritable(value)
  return value
}

function checkWritable(value: string): void {
  if (!WRITABLE.test(value))
    throw new ManifestError('UNWRITABLE_VALUE', `Cannot write "${printable(value)}": not a part of an image reference`)
}

/** The characters of references, tags and digests; none needs an escape in any quotes. */
const WRITABLE = /^[A-Za-z0-9._:/@+[\]-]{1,1000}$/

function printable(value: string): string {
  return value.slice(0, 255).replace(/[^\x20-\x7e]/g, '?')
}

/** Behind `=`, as in `TAG=1.10`, stands no YAML and a value is always text. */
function isAssigned(text: string, start: number): boolean {
  let at = start
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at--
  return text[at - 1] === '='
}

/** True where a value is itself in a plain scalar, in flow style too. */
export function isPlainText(value: string): boolean {
  return PLAIN.test(value) && !NOT_TEXT.some((pattern) => pattern.test(value))
}

/** No indicator at the start, no `: ` at the end, and none of the brackets of flow style. */
const PLAIN = /^[A-Za-z0-9._/](?:[A-Za-z0-9._:/@+-]*[A-Za-z0-9._/@+-])?$/

/** What the schemas of YAML 1.1 and 1.2 (and of go-yaml, which mixes them) take for something else. */
const NOT_TEXT: readonly RegExp[] = [
  /^(?:null|y|yes|n|no|true|false|on|off)$/i,
  /^\.(?:inf|nan)$/i,
  /^0(?:b[01_]+|o[0-7_]+|x[0-9a-f_]+)$/i,
  /^(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:e[+-]?[0-9]+)?$/i,
  /^[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:t[0-9:.+z-]*)?$/i,
]

import type { MapNode, ScalarNode } from './node.js'
import type { Insertion } from './place.js'

/** The digest instead of the nothing that a key stands before: `digest: ""`, `digest:` or `digest: null`. */
export function fillEmpty(text: string, maps: readonly MapNode[], digest: ScalarNode): Insertion | undefined {
  const { start, end, style, resolvesTo } = digest
  // What came by an alias or a merge is another image's too.
  if (!maps.some(({ entries }) => entries.some(({ value }) => value === digest))) return undefined
  if (style === 'quoted') return { start, end, before: '', after: '', withKey: false }
  // An anchor or a tag before it would be the digest's.
  if (resolvesTo !== 'null' || !/:[ \t]*$/.test(text.slice(Math.max(0, start - LONGEST_GAP), start))) return undefined
  const before = text[start - 1] === ':' ? ' ' : ''
  return { start, end, before, after: text[end] === '#' ? ' ' : '', withKey: false }
}

const LONGEST_GAP = 100

/**
 * A new key `digest` behind the entry that has a scalar, in the map's own style: on a line of its own with the indentation,
 * line end and quotes of its neighbour, or within the braces. Undefined where the scalar came by an alias or a merge, or
 * where the lines are written in a way that another one cannot be added to safely.
 */
export function keyBehind(text: string, map: MapNode, scalar: ScalarNode): Insertion | undefined {
  const entry = map.entries.find(({ value }) => value === scalar)
  if (entry?.key.type !== 'scalar') return undefined
  const keyQuote = entry.key.style === 'quoted' ? (text[entry.key.start - 1] ?? '') : ''
  const valueQuote = keyQuote === '"' ? '"' : ''
  const end = scalar.style === 'quoted' ? scalar.end + 1 : scalar.end
  const key = `${keyQuote}digest${keyQuote}: ${valueQuote}`
  if (map.flow) return { start: end, end, before: `, ${key}`, after: valueQuote, withKey: true }
  const line = newLine(text, entry.key.start - keyQuote.length, end)
  return line && { start: line.at, end: line.at, before: `${line.text}${key}`, after: valueQuote, withKey: true }
}

/** The end of the line on which an entry stands alone, and what begins the next one. */
function newLine(
  text: string,
  keyStart: number,
  valueEnd: number,
): { readonly at: number; readonly text: string } | undefined {
  const lineStart = text.lastIndexOf('\n', keyStart - 1) + 1
  const indentation = text.slice(lineStart, keyStart)
  const newline = text.indexOf('\n', valueEnd)
  const lineEnd = newline === -1 ? text.length : newline
  const at = text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd
  if (!/^ *(?:- +)*$/.test(indentation) || text.slice(keyStart, valueEnd).includes('\n')) return undefined
  if (!/^[ \t]*(?:#|$)/.test(text.slice(valueEnd, at))) return undefined
  return { at, text: `${lineBreak(text, newline, lineStart)}${indentation.replaceAll('-', ' ')}` }
}

/** As the line ends, or where it is the last one and does not, as the one before. */
function lineBreak(text: string, newline: number, lineStart: number): string {
  const sample = newline === -1 ? lineStart - 1 : newline
  return text[sample - 1] === '\r' ? '\r\n' : '\n'
}

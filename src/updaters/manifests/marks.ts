import type { Discovery } from './finding.js'
import { countBelow } from './lines.js'
import { type MalformedMarker, markedLines, parseMarker } from './marker.js'
import { isReplaceable, type Node, type ScalarNode, targetOf } from './node.js'
import type { Marker } from './place.js'
import type { TextRegion, YamlRegion } from './source.js'

/** What the comments of a YAML document say of its scalars. */
export interface Marks {
  readonly verdicts: ReadonlyMap<ScalarNode, Marker | MalformedMarker>
  readonly oddities: readonly Oddity[]
  /** Lines of block scalars that have something like a marker: what it is for stands on the line. */
  readonly blockLines: readonly TextRegion[]
}

export interface Oddity {
  readonly offset: number
  readonly message: string
}

/**
 * Reads the markers of a YAML document. One counts for the values that end before it on its line; one of Flux's that has a line
 * to itself, for the item of a list on the next line, as Flux's controller reads it (kyaml, fieldmeta).
 */
export function readMarks(text: string, region: YamlRegion, findings: Discovery['findings']): Marks {
  const verdicts = new Map<ScalarNode, Marker | MalformedMarker>()
  const oddities: Oddity[] = []
  const blockLines: TextRegion[] = []
  const lines = [...markedLines(text, region.start, region.end)]
  if (lines.length === 0) return { verdicts, oddities, blockLines }

  const scalars = scalarsOf(region.root)
  for (const line of lines) {
    if (scalars.at(line.start)?.style === 'block') {
      blockLines.push({ type: 'text', ...line })
      continue
    }
    const hash = commentStart(text, line, (offset) => scalars.at(offset) !== undefined)
    if (hash === undefined) continue
    const comment = text.slice(hash + 1, line.end)
    const marker = parseMarker(comment)
    if (marker === undefined) continue
    // Of a line that is commented out as a whole, a marker in it is too.
    const isAlone = /^[ \t]*$/.test(text.slice(line.start, hash))
    if (marker.type === 'malformed' && isAlone) continue
    const isHead = isAlone && comment.includes('$imagepolicy')
    const values = isHead ? scalars.valuesAt(itemBelow(text, line.end)) : scalars.valuesWithin(line.start, hash)
    const { verdict, marked } = settle(marker, values, findings)
    if (verdict.type === 'malformed') oddities.push({ offset: hash, message: verdict.message })
    for (const scalar of marked) decide(scalar, verdict, hash)
  }
  return { verdicts, oddities, blockLines }

  // Aliases bring markers of several lines to one scalar.
  function decide(scalar: ScalarNode, verdict: Marker | MalformedMarker, offset: number): void {
    const before = verdicts.get(scalar)
    if (before === undefined || JSON.stringify(before) === JSON.stringify(verdict)) {
      verdicts.set(scalar, verdict)
      return
    }
    const message = `Cannot follow the marker: another one decides for "${scalar.value}", which an alias shares`
    verdicts.set(scalar, { type: 'malformed', message })
    oddities.push({ offset, message })
  }
}

/** Which of a line's values a marker is for. A malformed marker is for all of them: a person wanted something there. */
function settle(
  marker: Marker | MalformedMarker,
  values: readonly ScalarNode[],
  findings: Discovery['findings'],
): { readonly verdict: Marker | MalformedMarker; readonly marked: readonly ScalarNode[] } {
  if (values.length === 0) return { verdict: unfollowed('no value stands before it on its line'), marked: [] }
  if (marker.type !== 'policy' || values.length === 1) return { verdict: marker, marked: values }
  const fitting = values.filter((value) => findings.get(value)?.kind === marker.part)
  if (fitting.length === 1) return { verdict: marker, marked: fitting }
  return { verdict: unfollowed('several values stand before it on its line'), marked: values }
}

function unfollowed(reason: string): MalformedMarker {
  return { type: 'malformed', message: `Cannot follow the marker: ${reason}` }
}

/** The offset of the `#` of a line's comment: YAML wants a blank before it, and it is none inside a scalar. */
function commentStart(
  text: string,
  line: { readonly start: number; readonly end: number },
  isInScalar: (offset: number) => boolean,
): number | undefined {
  for (let at = text.indexOf('#', line.start); at !== -1 && at < line.end; at = text.indexOf('#', at + 1)) {
    const before = text[at - 1]
    if ((at === line.start || before === ' ' || before === '\t') && !isInScalar(at)) return at
  }
  return undefined
}

/** Where the content of a list's item on the next line begins, inside of its quotes. */
function itemBelow(text: string, lineEnd: number): number | undefined {
  const start = text.indexOf('\n', lineEnd) + 1
  const item = start === 0 ? null : /^ *(?:- +)+["']?/.exec(text.slice(start, text.indexOf('\n', start)))
  return item === null ? undefined : start + item[0].length
}

function scalarsOf(root: Node | undefined) {
  const scalars: ScalarNode[] = []
  const values: { readonly start: number; readonly end: number; readonly scalar: ScalarNode }[] = []
  visit(root, true)
  const starts = scalars.map(({ start }) => start)
  const valueStarts = values.map(({ start }) => start)

  return {
    /** The scalar with what stands at the offset in it. */
    at(offset: number): ScalarNode | undefined {
      const last = scalars[countBelow(starts, offset + 1) - 1]
      return last !== undefined && offset < last.end ? last : undefined
    },
    /** Without keys, and without what is on several lines. An alias gives what it stands for. */
    valuesWithin(start: number, end: number): readonly ScalarNode[] {
      const found = values.slice(countBelow(valueStarts, start), countBelow(valueStarts, end))
      return [...new Set(found.filter((value) => value.end <= end).map(({ scalar }) => scalar))]
    },
    valuesAt(offset: number | undefined): readonly ScalarNode[] {
      const value = offset === undefined ? undefined : values[countBelow(valueStarts, offset)]
      return value?.start === offset && value !== undefined ? [value.scalar] : []
    },
  }

  function visit(node: Node | undefined, isValue: boolean): void {
    if (node === undefined) return
    if (node.type === 'list') for (const item of node.items) visit(item, true)
    if (node.type === 'map') {
      for (const { key, value } of node.entries) {
        visit(key, false)
        visit(value, true)
      }
    }
    if (node.type === 'scalar') scalars.push(node)
    const target = targetOf(node)
    if (isValue && target?.type === 'scalar' && isReplaceable(target) && 'start' in node) {
      values.push({ start: node.start, end: node.end, scalar: target })
    }
  }
}

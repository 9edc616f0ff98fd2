import { countBelow } from './lines.js'
import { isReplaceable, type Node, type ScalarNode } from './node.js'
import { decode, type Region, regionsOf } from './source.js'
import { textPlaces } from './text-places.js'

/** A range of a text, what is written there, and the values that this replaces and means. */
export interface Change {
  readonly start: number
  readonly end: number
  readonly written: string
  readonly from: string
  readonly to: string
}

/**
 * True where the changes, ascending, lead from one text to the other in meaning too: each replaces the whole of one value by
 * another text, and every other value, key and document is what and where it was.
 */
export function changesOnlyValues(file: string, before: string, after: string, changes: readonly Change[]): boolean {
  const pending = new Map(changes.map((change) => [change.start, change]))
  const moved = mover(changes)
  const were = regionsOf(file, before)
  const are = regionsOf(file, after)
  if (were === undefined || are === undefined || were.length !== are.length) return false
  return were.every((was, index) => isSameRegion(was, are[index])) && pending.size === 0

  function isSameRegion(was: Region, is: Region | undefined): boolean {
    if (is === undefined || is.start !== moved(was.start)) return false
    if (was.type === 'yaml') return is.type === 'yaml' && isSameNode(was.root, is.root)
    if (is.type === 'yaml') return false
    const [old, now] = [textPlaces(before, was, firstLine).places, textPlaces(after, is, firstLine).places]
    return old.length === now.length && old.every((place, index) => isSameValue(place, now[index]))
  }

  function isSameNode(was: Node | undefined, is: Node | undefined): boolean {
    if (was === undefined || is === undefined) return was === is
    if (was.type === 'scalar') return is.type === 'scalar' && isSameScalar(was, is)
    // The target of an alias is compared where it stands.
    if (was.type === 'alias') return is.type === 'alias' && is.start === moved(was.start)
    if (was.type === 'list') return is.type === 'list' && isSameList(was.items, is.items)
    return (
      is.type === 'map' &&
      isSameList(
        was.entries.map(({ key }) => key),
        is.entries.map(({ key }) => key),
      ) &&
      isSameList(
        was.entries.map(({ value }) => value),
        is.entries.map(({ value }) => value),
      )
    )
  }

  function isSameList(were: readonly (Node | undefined)[], are: readonly (Node | undefined)[]): boolean {
    return were.length === are.length && were.every((was, index) => isSameNode(was, are[index]))
  }

  function isSameScalar(was: ScalarNode, is: ScalarNode): boolean {
    if (pending.has(was.start) && isReplaceable(was)) return is.resolvesTo === 'text' && isSameValue(was, is)
    return is.style === was.style && is.resolvesTo === was.resolvesTo && isSameValue(was, is)
  }

  function isSameValue(was: Value, is: Value | undefined): boolean {
    const change = pending.get(was.start)
    if (is === undefined) return false
    if (change === undefined || change.end !== was.end) return is.start === moved(was.start) && is.value === was.value
    pending.delete(was.start)
    return change.from === decode(was.value) && is.value === change.to
  }
}

type Value = Pick<ScalarNode, 'start' | 'end' | 'value'>

const firstLine = () => 1

/** Where an offset is after the changes before it. */
function mover(changes: readonly Change[]): (offset: number) => number {
  const starts = changes.map(({ start }) => start)
  const shifts = [0]
  for (const { start, end, written } of changes) shifts.push((shifts.at(-1) ?? 0) + written.length - (end - start))
  return (offset) => offset + (shifts[countBelow(starts, offset)] ?? 0)
}

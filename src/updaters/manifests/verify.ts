import { countBelow } from './lines.js'
import { type Entry, isReplaceable, type Node, type ScalarNode } from './node.js'
import { decode, type Region, regionsOf } from './source.js'
import { textPlaces } from './text-places.js'
import { readYaml } from './yaml.js'

/** A range of a text, what is written there, and the values that this replaces and means. */
export interface Change {
  readonly start: number
  readonly end: number
  readonly written: string
  readonly from: string
  readonly to: string
  /** The change adds an entry with the key `digest`, behind the one whose value starts here. */
  readonly keyBehind?: number
}

/**
 * True where the changes, ascending, lead from one text to the other in meaning too: each replaces one value, or a word of one,
 * by another text, or adds a digest, and every other value, key and document is what and where it was.
 */
export function changesOnlyValues(file: string, before: string, after: string, changes: readonly Change[]): boolean {
  const pending = new Map(
    changes.filter(({ keyBehind }) => keyBehind === undefined).map((change) => [change.start, change]),
  )
  const additions = new Map(
    changes.flatMap((change) => (change.keyBehind === undefined ? [] : [[change.keyBehind, change]])),
  )
  const starts = changes.map(({ start }) => start)
  const moved = mover(changes)
  const were = regionsOf(file, before)
  // By the parser of all of YAML, whatever read the file before: both must see the same.
  const are = regionsOf(file, after, readYaml)
  if (were === undefined || are === undefined || were.length !== are.length) return false
  return were.every((was, index) => isSameRegion(was, are[index])) && pending.size === 0 && additions.size === 0

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
    return is.type === 'map' && isSameMap(was.entries, is.entries)
  }

  function isSameMap(were: readonly Entry[], are: readonly Entry[]): boolean {
    let at = 0
    for (const was of were) {
      const is = are[at++]
      if (is === undefined || !isSameKey(was.key, is.key) || !isSameNode(was.value, is.value)) return false
      if (was.value?.type === 'scalar' && additions.has(was.value.start) && !isAdded(was.value.start, are[at++]))
        return false
    }
    return at === are.length
  }

  /** An alias may stand for a key: to rename that would do more than to write a value. */
  function isSameKey(was: Node, is: Node): boolean {
    const isChanged = was.type === 'scalar' && countBelow(starts, was.start) < countBelow(starts, was.end)
    return !isChanged && isSameNode(was, is)
  }

  function isAdded(behind: number, is: Entry | undefined): boolean {
    const { key, value } = is ?? {}
    const to = additions.get(behind)?.to
    additions.delete(behind)
    return (
      key?.type === 'scalar' &&
      key.value === 'digest' &&
      value?.type === 'scalar' &&
      value.resolvesTo === 'text' &&
      value.value === to
    )
  }

  function isSameList(were: readonly (Node | undefined)[], are: readonly (Node | undefined)[]): boolean {
    return were.length === are.length && were.every((was, index) => isSameNode(was, are[index]))
  }

  function isSameScalar(was: ScalarNode, is: ScalarNode): boolean {
    const isEmpty = was.resolvesTo === 'null'
    if (pending.get(was.start)?.end === was.end && (isReplaceable(was) || isEmpty))
      return is.resolvesTo === 'text' && isSameValue(was, is)
    if (is.style !== was.style || is.resolvesTo !== was.resolvesTo) return false
    const inner = changes.slice(countBelow(starts, was.start), countBelow(starts, was.end))
    if (inner.length === 0 || was.style === 'multiline') return isSameValue(was, is)
    for (const { start } of inner) pending.delete(start)
    return (
      inner.every(({ end, keyBehind }) => end <= was.end && keyBehind === undefined) &&
      is.value === changedWithin(before, was, inner)
    )
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

/**
 * What a scalar's value becomes by changes of parts of it. What stands in the file is indented, and perhaps folded, but has the
 * same words in the same order: where a change is of the third of equal words in the file, it is of the third in the value.
 */
function changedWithin(text: string, { start, value }: ScalarNode, changes: readonly Change[]): string | undefined {
  const pieces: string[] = []
  let at = 0
  let inText = start
  for (const change of changes) {
    const word = text.slice(change.start, change.end)
    if (word === '' || /[ \t\r\n]/.test(word)) return undefined
    let found = value.indexOf(word, at)
    for (
      let before = text.indexOf(word, inText);
      before !== -1 && before < change.start;
      before = text.indexOf(word, before + word.length)
    )
      found = found === -1 ? -1 : value.indexOf(word, found + word.length)
    if (found === -1 || decode(word) !== change.from) return undefined
    pieces.push(value.slice(at, found), change.written)
    at = found + word.length
    inText = change.end
  }
  return `${pieces.join('')}${value.slice(at)}`
}

/** Where an offset is after the changes before it. */
function mover(changes: readonly Change[]): (offset: number) => number {
  const starts = changes.map(({ start }) => start)
  const shifts = [0]
  for (const { start, end, written } of changes) shifts.push((shifts.at(-1) ?? 0) + written.length - (end - start))
  return (offset) => offset + (shifts[countBelow(starts, offset)] ?? 0)
}

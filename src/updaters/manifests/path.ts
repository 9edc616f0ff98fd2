import type { KeyPath, Step } from '../../policies/key-path.js'
import { type Entry, type MapNode, type Node, type Target, targetOf } from './node.js'
import { decode } from './source.js'

/** Why a path leads nowhere. */
export interface Stop {
  /** How many of its steps could be taken. */
  readonly depth: number
  /** Where the last thing that it reached begins, in the text that was read. Absent where nothing stands there. */
  readonly offset: number | undefined
  readonly reason: string
}

/**
 * What a path leads to in a document: scalars, maps and lists.
 *
 * An alias leads to its anchor, and a key to what the map merges by `<<` where it has none of that name. `*` is every key that
 * stands in a map itself. Of a key that stands twice the last one counts, as for those who load the file.
 */
export function resolvePath(root: Node | undefined, path: KeyPath): readonly Target[] | Stop {
  const document = targetOf(root)
  if (document === undefined) return { depth: 0, offset: undefined, reason: 'the document is empty' }
  // Each thing is reached once at a step, with the first trail that led to it: aliases cannot multiply what is looked at.
  let reached = new Map<Target, string>([[document, '']])
  for (const [depth, step] of path.entries()) {
    const next = new Map<Target, string>()
    const childrenOf = stepper(step)
    let empty: string | undefined
    for (const [target, trail] of reached) {
      for (const [name, node] of childrenOf(target)) {
        const child = targetOf(node)
        if (child === undefined) empty ??= `${trail}${name}`
        else if (!next.has(child)) next.set(child, `${trail}${name}`)
      }
    }
    if (next.size === 0) {
      const [[target, trail] = [document, '']] = reached
      const offset = offsetOf(target)
      if (empty !== undefined) return { depth: depth + 1, offset, reason: `${subject(empty)} is empty` }
      return { depth, offset, reason: `${subject(trail)} ${complaint(target, step)}` }
    }
    reached = next
  }
  return [...reached.keys()]
}

/** Where a node's first scalar begins. */
export function offsetOf(node: Node | undefined): number | undefined {
  if (node === undefined || node.type === 'scalar' || node.type === 'alias') return node?.start
  return offsetOf(node.type === 'map' ? node.entries[0]?.key : node.items[0])
}

type Child = readonly [name: string, node: Node | undefined]

function stepper(step: Step): (target: Target) => readonly Child[] {
  const entryOf = step.type === 'key' ? keyReader(encode(step.key)) : undefined
  return (target) => {
    if (target.type === 'scalar') return []
    if (target.type === 'list') return itemsAt(target.items, step)
    if (step.type === 'any') return ownEntries(target).map(([key, value]) => [nameOfKey(decode(key)), value])
    const entry = entryOf?.(target)
    return step.type === 'key' && entry !== undefined ? [[nameOfKey(step.key), entry.value]] : []
  }
}

function itemsAt(items: readonly Node[], step: Step): readonly Child[] {
  if (step.type === 'any') return items.map((item, index) => [nameOfItem(index), item])
  const index = indexOf(step)
  return index !== undefined && index in items ? [[nameOfItem(index), items[index]]] : []
}

/** A key of digits is an item of a list. */
function indexOf(step: Step): number | undefined {
  if (step.type === 'item') return step.index
  return step.type === 'key' && /^\d{1,9}$/.test(step.key) ? Number(step.key) : undefined
}

/** Nobody merges what merges what merges so often, and each step is a step deeper into the stack. */
const DEEPEST_MERGE = 100

/** Finds the entry of a key. What is merged by many maps is looked at once. */
function keyReader(name: string): (map: MapNode) => Entry | undefined {
  const known = new Map<Target, Entry | undefined>()
  return (map) => entryIn(map, 0)

  function entryIn(target: Target | undefined, depth: number): Entry | undefined {
    if (target === undefined || target.type === 'scalar' || depth > DEEPEST_MERGE) return undefined
    if (known.has(target)) return known.get(target)
    const entry = target.type === 'list' ? firstOf(target.items, depth) : ofMap(target, depth)
    known.set(target, entry)
    return entry
  }

  function ofMap({ entries }: MapNode, depth: number): Entry | undefined {
    const own = entries.findLast(({ key }) => keyText(key) === name)
    if (own !== undefined) return own
    const merged = entries.filter(({ key }) => keyText(key) === '<<')
    return firstOf(
      merged.map(({ value }) => value),
      depth,
    )
  }

  // Of merged maps the first that has a key gives its value (YAML's merge key type, version 1.1).
  function firstOf(sources: readonly (Node | undefined)[], depth: number): Entry | undefined {
    for (const source of sources) {
      const entry = entryIn(targetOf(source), depth + 1)
      if (entry !== undefined) return entry
    }
    return undefined
  }
}

function ownEntries(map: MapNode): readonly (readonly [string, Node | undefined])[] {
  const entries = new Map<string, Node | undefined>()
  for (const { key, value } of map.entries) {
    const name = keyText(key)
    if (name !== undefined && name !== '<<') entries.set(name, value)
  }
  return [...entries]
}

function keyText(key: Node): string | undefined {
  const target = targetOf(key)
  return target?.type === 'scalar' ? target.value : undefined
}

function complaint(target: Target, step: Step): string {
  if (target.type === 'scalar') return 'is a single value, with neither keys nor items'
  if (target.type === 'map') {
    if (step.type === 'item') return `is no list, and has no item ${step.index}`
    return step.type === 'any' ? 'is an empty map' : `has no key "${step.key}" (${keysOf(target)})`
  }
  if (step.type === 'any') return 'is an empty list'
  const index = indexOf(step)
  if (index === undefined) return 'is a list: it needs a number such as [0], or [*]'
  return `has no item ${index} (it has ${target.items.length}, counted from 0)`
}

const MOST_KEYS_SHOWN = 10
const LONGEST_KEY_SHOWN = 50

/** As they stand in the map. */
export function keysOf({ entries }: MapNode): string {
  const keys = entries.flatMap(({ key }) => keyText(key) ?? [])
  if (keys.length === 0) return 'it is empty'
  const shown = keys.slice(0, MOST_KEYS_SHOWN).map((key) => shortened(decode(key)))
  return `it has ${shown.join(', ')}${keys.length > shown.length ? ` and ${keys.length - shown.length} more` : ''}`
}

function shortened(key: string): string {
  return key.length > LONGEST_KEY_SHOWN ? `${key.slice(0, LONGEST_KEY_SHOWN)}…` : key
}

/** As a path has them. */
function nameOfKey(key: string): string {
  return `.${key.replace(/[.[\]*\\]/g, '\\$&')}`
}

function nameOfItem(index: number): string {
  return `[${index}]`
}

function subject(trail: string): string {
  return trail === '' ? 'the document' : trail.replace(/^\./, '')
}

/** As the characters of a file's text are: one per byte. */
export function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

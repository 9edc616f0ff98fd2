import type { KeyPath, Step } from '../../policies/key-path.js'
import { type Entry, type MapNode, type Node, type Target, targetOf } from './node.js'
import { decode } from './source.js'

/** Why a path leads nowhere. */
export interface Stop {
  /** How many of its steps could be taken. */
  readonly depth: number
  /** Where, in the text that was read. Absent where nothing stands there. */
  readonly offset: number | undefined
  readonly reason: string
}

/**
 * What a path leads to in a document: maps and lists, too, but nothing empty. Aliases lead to their anchors, and a map has the keys
 * that it merges by `<<`. Of a key that stands twice the last one counts, as it does for those who load the file.
 */
export function resolvePath(root: Node | undefined, path: KeyPath): readonly Target[] | Stop {
  // What is reached is a set at each step, so that aliases cannot multiply it.
  let reached = new Map<Target, string>()
  const document = targetOf(root)
  if (document === undefined) return { depth: 0, offset: undefined, reason: 'the document is empty' }
  reached.set(document, '')
  for (const [depth, step] of path.entries()) {
    const next = new Map<Target, string>()
    let empty: string | undefined
    for (const [target, trail] of reached) {
      for (const [name, node] of stepInto(target, step)) {
        const child = targetOf(node)
        if (child === undefined) empty ??= `${trail}${name}`
        else if (!next.has(child)) next.set(child, `${trail}${name}`)
      }
    }
    if (next.size === 0) {
      const [[target, trail] = [document, '']] = reached
      const reason = empty === undefined ? complaint(target, subject(trail), step) : `${subject(empty)} is empty`
      return { depth: empty === undefined ? depth : depth + 1, offset: startOf(target), reason }
    }
    reached = next
  }
  return [...reached.keys()]
}

/** Where a node's first scalar begins. */
export function startOf(node: Node | undefined): number | undefined {
  if (node === undefined || node.type === 'scalar' || node.type === 'alias') return node?.start
  return startOf(node.type === 'map' ? node.entries[0]?.key : node.items[0])
}

/** What a map or list is said to be, with what it has. */
export function describeTarget(target: Target): string {
  if (target.type === 'scalar') return 'is a single value'
  if (target.type === 'list') return `is a list of ${target.items.length}`
  return `is a map (${keysOf(target)})`
}

type Child = readonly [name: string, node: Node | undefined]

function stepInto(target: Target, step: Step): Iterable<Child> {
  if (target.type === 'list') return itemsAt(target.items, step)
  if (target.type === 'scalar' || step.type === 'item') return []
  const entries = entriesOf(target)
  if (step.type === 'any') return [...entries].map(([key, node]) => [keyName(key), node] as const)
  const key = latin1(step.key)
  return entries.has(key) ? [[keyName(key), entries.get(key)]] : []
}

function itemsAt(items: readonly Node[], step: Step): Iterable<Child> {
  if (step.type === 'any') return items.map((item, index) => [`[${index}]`, item] as const)
  const index = step.type === 'item' ? step.index : /^\d{1,9}$/.test(step.key) ? Number(step.key) : -1
  return index in items ? [[`[${index}]`, items[index]]] : []
}

/** The last entry of each key, and those that are merged where it has none (YAML's merge key type, version 1.1). */
function entriesOf(map: MapNode): ReadonlyMap<string, Node | undefined> {
  const entries = new Map<string, Node | undefined>()
  const seen = new Set<Target>()
  collect(map)
  return entries

  function collect(target: MapNode): void {
    if (seen.has(target) || seen.size > MOST_MERGED) return
    seen.add(target)
    const own = new Map(target.entries.flatMap((entry) => named(entry)))
    const merged = own.get('<<')
    own.delete('<<')
    for (const [key, value] of own) if (!entries.has(key)) entries.set(key, value)
    const source = targetOf(merged)
    for (const each of source?.type === 'list' ? source.items : [source]) {
      const map = targetOf(each)
      if (map?.type === 'map') collect(map)
    }
  }
}

/** Nobody merges so many, and each is perhaps a step deeper into the stack. */
const MOST_MERGED = 100

function named({ key, value }: Entry): readonly (readonly [string, Node | undefined])[] {
  const name = targetOf(key)
  return name?.type === 'scalar' ? [[name.value, value]] : []
}

function complaint(target: Target, where: string, step: Step): string {
  if (target.type === 'scalar') return `${where} is a single value, and has neither keys nor items`
  if (target.type === 'list') {
    if (step.type === 'any') return `${where} is an empty list`
    const index = step.type === 'item' ? `${step.index}` : /^\d+$/.test(step.key) ? step.key : undefined
    if (index === undefined) return `${where} is a list: it needs a number such as [0], or [*]`
    return `${where} has no item ${index} (it has ${target.items.length}, counted from 0)`
  }
  if (step.type === 'item') return `${where} is no list, and has no item ${step.index}`
  return step.type === 'any' ? `${where} is an empty map` : `${where} has no key "${step.key}" (${keysOf(target)})`
}

const MOST_KEYS_SHOWN = 10
const LONGEST_KEY_SHOWN = 50

function keysOf(map: MapNode): string {
  const keys = [...entriesOf(map).keys()].map((key) => shortened(decode(key)))
  if (keys.length === 0) return 'it is empty'
  const more = keys.length > MOST_KEYS_SHOWN ? ` and ${keys.length - MOST_KEYS_SHOWN} more` : ''
  return `it has ${keys.slice(0, MOST_KEYS_SHOWN).join(', ')}${more}`
}

function shortened(key: string): string {
  return key.length > LONGEST_KEY_SHOWN ? `${key.slice(0, LONGEST_KEY_SHOWN)}…` : key
}

function keyName(key: string): string {
  return `.${decode(key).replace(/[.[\]*\\]/g, '\\$&')}`
}

function subject(trail: string): string {
  return trail === '' ? 'the document' : trail.replace(/^\./, '')
}

/** As the characters of a file's text are: one per byte. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

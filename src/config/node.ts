import { dirname, resolve } from 'node:path'

/** Where something stands in a policy file. Line and column count from 1. */
export interface Position {
  /** As given on the command line, or below the folder given there. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A value of a policy file that knows where it stands. */
export type Node = MapNode | ListNode | ScalarNode

export interface MapNode {
  readonly kind: 'map'
  readonly at: Position
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly key: Position
  readonly value: Node
}

export interface ListNode {
  readonly kind: 'list'
  readonly at: Position
  readonly items: readonly Node[]
}

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly at: Position
  readonly value: string | number | boolean | null
  /** Present where the text had interpolations. */
  readonly interpolation?: {
    /** The text as it stands in the file. */
    readonly written: string
    /** What was put in. */
    readonly values: readonly string[]
    /** One of them has no value: the fault is told, and what stands here means nothing. */
    readonly failed: boolean
  }
}

export type Path = readonly (string | number)[]

/** The node at a path, the nearest that exists above it where it does not, and the key of the last step taken. */
export function locate(
  root: Node,
  path: Path,
): { readonly node: Node; readonly key?: Position; readonly found: boolean } {
  let node = root
  let key: Position | undefined
  for (const step of path) {
    const entry = node.kind === 'map' ? node.entries.get(String(step)) : undefined
    const next = node.kind === 'list' ? node.items[Number(step)] : entry?.value
    if (next === undefined) return { node, found: false, ...(key !== undefined && { key }) }
    key = entry?.key ?? next.at
    node = next
  }
  return { node, found: true, ...(key !== undefined && { key }) }
}

/** The value at a path, where it is a text. */
export function textAt(root: Node, path: Path): string | undefined {
  const { node, found } = locate(root, path)
  return found && node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

/** The entries of the map at a path; none where there is no map. */
export function entriesAt(root: Node, path: Path): ReadonlyMap<string, Entry> {
  const { node, found } = locate(root, path)
  return found && node.kind === 'map' ? node.entries : new Map()
}

/** Every scalar below a node. */
export function* scalarsOf(node: Node, path: Path = []): Generator<{ readonly node: ScalarNode; readonly path: Path }> {
  if (node.kind === 'scalar') yield { node, path }
  else if (node.kind === 'list')
    for (const [index, item] of node.items.entries()) yield* scalarsOf(item, [...path, index])
  else for (const [key, entry] of node.entries) yield* scalarsOf(entry.value, [...path, key])
}

/** Where the relative paths of a node start: the folder of its file. */
export function folderOf(node: Node): string {
  return resolve(dirname(node.at.file))
}

/** Plain data. Maps have no prototype, so that no key finds what is not in the file. */
export function toData(node: Node): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toData)
  const data: Record<string, unknown> = Object.create(null)
  for (const [key, entry] of node.entries) data[key] = toData(entry.value)
  return data
}

/** `policies.podinfo.write[0].git`; names that would be misread are quoted. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const name = withoutUserinfo(step)
    if (!/^[A-Za-z0-9_/-]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}

/** Text for a message: what stands before the last `@` of a URL or host may be a password. */
export function withoutUserinfo(text: string): string {
  const at = text.lastIndexOf('@')
  return at === -1 ? text : `***${text.slice(at)}`
}

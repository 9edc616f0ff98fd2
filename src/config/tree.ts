import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import type { Fault } from './errors.js'
import { type Entry, formatPath, type Node, type Path, type Position, type ScalarNode } from './node.js'

/** With every alias counted as often as it is used, so that a few lines cannot stand for billions of values. */
const MAX_VALUES = 250_000

/** Turns YAML nodes into ours, aliases into what they stand for. An alias shares the nodes of its anchor. */
export function buildTree(
  contents: ParsedNode,
  position: (offset: number) => Position,
): { readonly root?: Node; readonly faults: readonly Fault[] } {
  const builder = new Builder(position)
  const root = builder.build(contents, [], position(contents.range[0]))
  if (builder.sizeOf(root) <= MAX_VALUES) return { root, faults: builder.faults }
  const message = `more than ${MAX_VALUES} values once its aliases are filled in`
  return { faults: [{ ...root.at, path: '', message }] }
}

class Builder {
  readonly faults: Fault[] = []
  readonly #position: (offset: number) => Position
  /** The latest node of each anchor; undefined while it is being built. */
  readonly #anchors = new Map<string, Node | undefined>()
  readonly #sizes = new Map<Node, number>()

  constructor(position: (offset: number) => Position) {
    this.#position = position
  }

  sizeOf(node: Node): number {
    return this.#sizes.get(node) ?? 1
  }

  /** `at` is where a value stands that takes no room: `key:` and nothing more. */
  build(node: ParsedNode | null, path: Path, at: Position): Node {
    if (node === null) return nothing(at)
    const here = node.range[0] === node.range[1] ? at : this.#position(node.range[0])
    if (isAlias(node)) return this.#follow(node.source, path, here)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined)
    const built = isMap(node)
      ? this.#map(node, path, here)
      : isSeq(node)
        ? this.#list(node, path, here)
        : scalar(node, here)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, built)
    return built
  }

  #follow(anchor: string, path: Path, at: Position): Node {
    const node = this.#anchors.get(anchor)
    if (node !== undefined) return node
    const message = this.#anchors.has(anchor) ? 'an alias of what it stands in' : 'an alias without an anchor before it'
    this.#tell(at, path, message)
    return nothing(at)
  }

  #map(map: YAMLMap.Parsed, path: Path, at: Position): Node {
    const entries = new Map<string, Entry>()
    for (const { key, value } of map.items) {
      const name = String(isScalar(key) ? key.value : '')
      const here = this.#position(key.range[0])
      const first = entries.get(name)
      // Plain objects take it for their prototype.
      if (name === '__proto__') this.#tell(here, [...path, name], 'this key is not allowed')
      else if (first !== undefined) this.#tell(here, [...path, name], `given twice, first in line ${first.key.line}`)
      else entries.set(name, { key: here, value: this.build(value, [...path, name], here) })
    }
    return this.#sized(
      { kind: 'map', at, entries },
      [...entries.values()].map((entry) => entry.value),
    )
  }

  #list(list: YAMLSeq.Parsed, path: Path, at: Position): Node {
    const items = list.items.map((item, index) => this.build(item, [...path, index], at))
    return this.#sized({ kind: 'list', at, items }, items)
  }

  #sized(node: Node, children: readonly Node[]): Node {
    this.#sizes.set(
      node,
      children.reduce((size, child) => size + this.sizeOf(child), 1),
    )
    return node
  }

  #tell(at: Position, path: Path, message: string): void {
    this.faults.push({ ...at, path: formatPath(path), message })
  }
}

function scalar({ value }: Scalar.Parsed, at: Position): ScalarNode {
  const known = value === null || typeof value === 'number' || typeof value === 'boolean'
  return { kind: 'scalar', at, value: known ? value : String(value) }
}

function nothing(at: Position): ScalarNode {
  return { kind: 'scalar', at, value: null }
}

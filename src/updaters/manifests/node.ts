/**
 * A node of a YAML document, whatever library read it. Offsets count in the text that was read.
 *
 * An alias stands for its target and is not entered: aliases can form cycles and multiply without bound.
 */
export type Node = ScalarNode | MapNode | ListNode | AliasNode

export interface ScalarNode {
  readonly type: 'scalar'
  /** Range of the content: inside the quotes, and for a block scalar the lines below its `|` or `>`. */
  readonly start: number
  readonly end: number
  /** Decoded; for a plain scalar that YAML takes for a number or the like, as it is spelled. */
  readonly value: string
  /** `multiline` is one that spans lines and is no block scalar (`|` or `>`). */
  readonly style: 'plain' | 'quoted' | 'block' | 'multiline'
  readonly resolvesTo: 'text' | 'null' | 'other'
}

export interface MapNode {
  readonly type: 'map'
  /** In braces. */
  readonly flow: boolean
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly key: Node
  readonly value: Node | undefined
}

export interface ListNode {
  readonly type: 'list'
  readonly items: readonly Node[]
}

export interface AliasNode {
  readonly type: 'alias'
  readonly start: number
  readonly end: number
  /** Absent where no such anchor stands before. */
  readonly target: Target | undefined
}

export type Target = ScalarNode | MapNode | ListNode

/** The node itself, or what an alias stands for. */
export function targetOf(node: Node | undefined): Target | undefined {
  return node?.type === 'alias' ? node.target : node
}

/** True where a value stands on one line, so that it can be replaced there. Empty quotes are such a value, nothing is not. */
export function isReplaceable(scalar: ScalarNode): boolean {
  return scalar.style === 'quoted' || (scalar.style === 'plain' && scalar.start < scalar.end)
}

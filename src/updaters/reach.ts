import picomatch from 'picomatch'
import { DEFAULT_GLOBS } from './files.js'

/** What of one folder globs can match. May tell of more than they do, never of less. */
export interface Reach {
  /** What they can match in a folder of this one. Undefined: nothing. */
  into(name: string): Reach | undefined
  /** How many levels of folders they lead to from here, this one included, as far as it is worth knowing; all of them: infinite. */
  readonly levels: number
}

export const EVERYWHERE: Reach = { into: () => EVERYWHERE, levels: Number.POSITIVE_INFINITY }

/** What globs can match from the root of a repository on. */
export function reachOf(globs: readonly string[] = DEFAULT_GLOBS): Reach {
  const root = emptyNode()
  for (const glob of globs) add(root, glob.split('/'))
  return from([root])
}

/** What remains of globs when so many of their folders are matched. */
interface Node {
  readonly named: Map<string, Node>
  readonly matched: Map<string, { readonly matches: (name: string) => boolean; readonly node: Node }>
  /** Whatever is below may match. */
  everything: boolean
}

function emptyNode(): Node {
  return { named: new Map(), matched: new Map(), everything: false }
}

const NAME = /^[^*?[\]{}()!|\\"]+$/
/** Of stars and question marks alone, which match within one name. */
const PATTERN = /^[^[\]{}()!|\\"]+$/

function add(root: Node, parts: readonly string[]): void {
  let node = root
  // The last part is of files.
  for (const [index, part] of parts.entries()) {
    const isOdd = part === '' || part === '.' || part === '..' || part.includes('**') || !PATTERN.test(part)
    if (isOdd) node.everything = true
    if (isOdd || index === parts.length - 1) return
    node = NAME.test(part) ? namedIn(node, part) : matchedIn(node, part)
  }
}

function namedIn({ named }: Node, name: string): Node {
  const node = named.get(name) ?? emptyNode()
  named.set(name, node)
  return node
}

function matchedIn({ matched }: Node, pattern: string): Node {
  const { node } = matched.get(pattern) ?? { node: emptyNode() }
  matched.set(pattern, { matches: picomatch(pattern, { dot: true }), node })
  return node
}

function from(nodes: readonly Node[]): Reach {
  if (nodes.some(({ everything }) => everything)) return EVERYWHERE
  return {
    into(name) {
      const next = nodes.flatMap(({ named, matched }) => [
        ...(named.has(name) ? [named.get(name) as Node] : []),
        ...[...matched.values()].filter(({ matches }) => matches(name)).map(({ node }) => node),
      ])
      return next.length === 0 ? undefined : from(next)
    },
    levels: Math.max(...nodes.map((node) => levelsOf(node, MOST_LEVELS))),
  }
}

/** More at once would be folders beside those that are meant. */
const MOST_LEVELS = 3

function levelsOf({ named, matched }: Node, most: number): number {
  const below = ({ node }: { readonly node: Node }) =>
    node.everything ? Number.POSITIVE_INFINITY : most > 1 ? levelsOf(node, most - 1) : 0
  const levels = [...matched.values()].map(below)
  for (const node of named.values()) {
    const named = below({ node })
    // What is wanted whole has a request of its own: the folders beside it are not.
    levels.push(named === Number.POSITIVE_INFINITY ? 0 : named)
  }
  return 1 + Math.max(0, ...levels)
}

import { Composer, type CST, LineCounter, Parser, type YAMLError } from 'yaml'
import type { Fault } from './errors.js'
import type { MapNode, Position } from './node.js'
import { ofFile, type Source } from './source.js'
import { buildTree } from './tree.js'

/** Deeper than any policy file, and far from where the composer's recursion meets the end of the stack, which ends the process. */
const MAX_DEPTH = 64

/** Later ones mostly follow from the first. */
const MAX_SYNTAX_FAULTS = 10

/** Reads one YAML document whose root is a map. There is no root where a fault leaves none. */
export function readDocument(source: Source): { readonly root?: MapNode; readonly faults: readonly Fault[] } {
  const lines = new LineCounter()
  const tokens = [...new Parser(lines.addNewLine).parse(source.text)]
  if (depthOf(tokens) > MAX_DEPTH) return { faults: [ofFile(source.file, `more than ${MAX_DEPTH} levels deep`)] }
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file: source.file, line, column: col }
  }

  // Duplicate keys are left to the tree: here each key would be compared with each.
  const composer = new Composer({ prettyErrors: false, stringKeys: true, uniqueKeys: false, resolveKnownTags: false })
  const documents = [...composer.compose(tokens)]
  const problems = documents.flatMap((document) => [...document.errors, ...document.warnings])
  if (problems.length > 0) return { faults: syntaxFaults(problems, position) }

  const [document, second] = documents
  if (second !== undefined) {
    const message = 'a second document starts here, and a policy file is one document'
    return { faults: [{ ...position(second.range[0]), path: '', message }] }
  }
  const contents = document?.contents
  if (contents == null || contents.range[0] === contents.range[2]) {
    return { faults: [ofFile(source.file, 'the file is empty')] }
  }
  const { root, faults } = buildTree(contents, position)
  if (root === undefined) return { faults }
  if (root.kind === 'map') return { root, faults }
  return { faults: [...faults, { ...root.at, path: '', message: 'expected a map with "policies"' }] }
}

/** Without recursion, as what it measures has no bound. */
function depthOf(tokens: readonly CST.Token[]): number {
  const open = tokens.map((token) => ({ token, depth: 0 }))
  let deepest = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next
    deepest = Math.max(deepest, depth)
    if (token.type === 'document' && token.value !== undefined) open.push({ token: token.value, depth })
    if (!('items' in token)) continue
    for (const item of token.items) {
      for (const child of [item.key, item.value]) if (child != null) open.push({ token: child, depth: depth + 1 })
    }
  }
  return deepest
}

/** The first of each line. */
function syntaxFaults(problems: readonly YAMLError[], position: (offset: number) => Position): Fault[] {
  const byLine = new Map<number, Fault>()
  for (const problem of problems) {
    const at = position(problem.pos[0])
    if (!byLine.has(at.line)) byLine.set(at.line, { ...at, path: '', message: `not valid YAML: ${phrase(problem)}` })
  }
  return [...byLine.values()].slice(0, MAX_SYNTAX_FAULTS)
}

/** Messages of these codes repeat a piece of the file, which may be a secret. */
function phrase(problem: YAMLError): string {
  if (problem.code === 'UNEXPECTED_TOKEN') return 'this cannot stand here'
  if (problem.code === 'BAD_DQ_ESCAPE') return 'unknown escape sequence in double quotes'
  if (problem.code === 'TAG_RESOLVE_FAILED') return 'tags such as "!!binary" are not supported'
  return problem.message.charAt(0).toLowerCase() + problem.message.slice(1)
}

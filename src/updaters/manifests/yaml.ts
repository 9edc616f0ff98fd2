import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  type ParsedNode,
  Parser,
  type Scalar,
} from 'yaml'
import type { AliasNode, Entry, Node, ScalarNode, Target } from './node.js'

/** One document of a YAML stream. */
export interface YamlDocument {
  readonly start: number
  /** Absent where the document is empty or faulty. */
  readonly root?: Node
  /** Where the document is not YAML, and the library's code for why: its messages would quote the file. */
  readonly fault?: { readonly offset: number; readonly code: string }
}

/** Far deeper than any Kubernetes schema, and far from the end of the stack. */
const DEEPEST_NODE = 200

/** 10 MiB of the densest manifests that people write have 4 million; of one made to be slow they would have 15 million. */
const MOST_LEXEMES = 5_000_000
const MOST_DOCUMENTS = 100_000

/** Values are read but never converted, so duplicate keys, which real files have, do no harm. */
const OPTIONS = { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' } as const

/** Reads every document of a stream; a faulty one does not hide the others. Undefined where nodes nest too deeply or are too many to be read. */
export function readYaml(text: string): readonly YamlDocument[] | undefined {
  const documents = compose(text)
  return documents?.map((document) => {
    const start = document.range[0]
    const error = document.errors[0]
    if (error !== undefined) return { start, fault: { offset: error.pos[0], code: error.code } }
    return document.contents === null ? { start } : { start, root: nodeOf(document.contents, text, new Map()) }
  })
}

function compose(text: string): readonly Document.Parsed[] | undefined {
  const parser = new Parser()
  const composer = frugalComposer()
  const documents: Document.Parsed[] = []
  let faulty = false
  let lexemes = 0

  for (const lexeme of new Lexer().lex(text)) {
    accept(parser.next(lexeme))
    if (parser.stack.length > DEEPEST_NODE || ++lexemes > MOST_LEXEMES) return undefined
    if (documents.length > MOST_DOCUMENTS) return undefined
  }
  accept(parser.end())
  documents.push(...composer.end())
  return documents

  function accept(tokens: ReturnType<Parser['next']>): void {
    for (const token of tokens) {
      // One error makes a document faulty. Each costs a stack trace, and a template has one per line.
      if (token.type === 'error' && faulty) continue
      faulty = token.type === 'error' || (faulty && !BETWEEN_ERRORS.has(token.type))
      for (const document of composer.next(token)) documents.push(document)
    }
  }
}

/**
 * A composer that keeps a document's first error alone. Each has a stack trace, and a megabyte can have a million of them:
 * enough to end the process for want of memory. The library has no option for it.
 */
function frugalComposer(): Composer {
  const composer = new Composer(OPTIONS)
  const internals = composer as unknown as ComposerInternals
  const report = internals.onError
  internals.onError = (source, code, message, isWarning) => {
    if (!isWarning && internals.errors.length === 0) report(source, code, message)
  }
  return composer
}

interface ComposerInternals {
  readonly errors: readonly unknown[]
  onError: (source: unknown, code: string, message: string, isWarning?: boolean) => void
}

/** Tokens after which an error may be another document's. */
const BETWEEN_ERRORS = new Set(['document', 'directive', 'doc-end'])

type Anchors = Map<string, Target>

// The last definition of an anchor before the alias counts. It counts once its node is complete, so that there are no cycles.
function nodeOf(parsed: ParsedNode, text: string, anchors: Anchors): Node {
  if (isAlias(parsed)) return aliasOf(parsed, anchors)
  const node = contentOf(parsed, text, anchors)
  if (parsed.anchor !== undefined) anchors.set(parsed.anchor, node)
  return node
}

function contentOf(parsed: Exclude<ParsedNode, Alias.Parsed>, text: string, anchors: Anchors): Target {
  if (isScalar(parsed)) return scalarOf(parsed, text)
  if (isSeq(parsed)) return { type: 'list', items: (parsed.items as readonly Item[]).map(itemOf) }
  return { type: 'map', flow: parsed.flow === true, entries: parsed.items.map(entryOf) }

  // The items of `!!omap` and `!!pairs` are pairs and not, as they stand in the text, maps of one.
  function itemOf(item: Item): Node {
    return isPair(item) ? { type: 'map', flow: true, entries: [entryOf(item)] } : nodeOf(item, text, anchors)
  }

  function entryOf({ key, value }: ParsedPair): Entry {
    return { key: nodeOf(key, text, anchors), value: value === null ? undefined : nodeOf(value, text, anchors) }
  }
}

type ParsedPair = Pair<ParsedNode, ParsedNode | null>
type Item = ParsedNode | ParsedPair

function aliasOf(alias: Alias.Parsed, anchors: Anchors): AliasNode {
  return { type: 'alias', start: alias.range[0], end: alias.range[1], target: anchors.get(alias.source) }
}

function scalarOf(scalar: Scalar.Parsed, text: string): ScalarNode {
  const { start, end } = contentRange(scalar, text)
  const isText = typeof scalar.value === 'string'
  const isBlock = scalar.type === 'BLOCK_LITERAL' || scalar.type === 'BLOCK_FOLDED'
  const isMultiline = text.slice(start, end).includes('\n')
  return {
    type: 'scalar',
    start,
    end,
    value: isText ? (scalar.value as string) : text.slice(start, end),
    style: isBlock ? 'block' : isMultiline ? 'multiline' : scalar.type === 'PLAIN' ? 'plain' : 'quoted',
    resolvesTo: isText ? 'text' : scalar.value === null ? 'null' : 'other',
  }
}

function contentRange({ type, range: [start, end] }: Scalar.Parsed, text: string): { start: number; end: number } {
  if (type === 'PLAIN') return { start, end }
  if (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') return { start: start + 1, end: end - 1 }
  const header = text.indexOf('\n', start)
  return { start: header === -1 ? end : Math.min(header + 1, end), end }
}

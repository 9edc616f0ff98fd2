import type { Entry, ListNode, MapNode, Node, ScalarNode } from './node.js'
import { MARKER, PlainCursor } from './plain-cursor.js'
import type { YamlDocument } from './yaml.js'

/**
 * Reads what most manifests are written in, many times as fast as a parser of all of YAML: maps and lists by indentation, whose
 * values are plain, in quotes without escapes, in brackets on one line, or blocks of lines; comments; several documents.
 *
 * Gives the nodes that `readYaml` gives, or undefined where a text has anything else, is faulty or too large: then only a
 * parser can tell what it says.
 */
export function readPlainYaml(text: string): readonly YamlDocument[] | undefined {
  const reader = new PlainReader(text)
  const documents: YamlDocument[] = []
  for (let start = 0; start < text.length; start = reader.at) {
    const root = reader.document()
    if (reader.failed || documents.length === MOST_DOCUMENTS) return undefined
    documents.push({ start, root })
  }
  return documents.length === 0 ? undefined : documents
}

/** Manifests have some ten levels. */
const DEEPEST_NODE = 100
/** A parser has two lexemes for each at least: with more, it would reach its own limit. */
const MOST_NODES = 2_500_000
const MOST_DOCUMENTS = 100_000

/** What YAML's core schema takes for something other than text (YAML 1.2.2, section 10.3.2). */
const NULL = /^(?:~|null|Null|NULL)?$/
const OTHER =
  /^(?:true|True|TRUE|false|False|FALSE|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$/

class PlainReader extends PlainCursor {
  private depth = 0
  private nodes = 0

  /** Leaves the cursor where the next document begins. */
  document(): Node {
    this.toLine(this.at)
    if (this.isMarker(this.at)) {
      this.at += MARKER.length
      this.endLine()
    }
    if (this.column === -1) this.fail()
    const root = this.block()
    if (this.column !== -1) this.fail()
    return root
  }

  /** What begins at the cursor, and goes on in the same column of the lines below. */
  private block(): Node {
    if (++this.depth > DEEPEST_NODE) this.fail()
    const node = this.isDash() ? this.list() : this.map()
    this.depth--
    return node
  }

  private list(): ListNode {
    const column = this.column
    const items: Node[] = []
    while (this.column === column && this.isDash()) {
      const dash = this.at++
      this.skipSpaces()
      if (this.isLineEnd()) {
        this.endLine()
        if (this.column <= column) this.fail()
        items.push(this.block())
      } else if (this.isDash() || this.keyEnd() !== -1) {
        this.column = column + this.at - dash
        items.push(this.block())
      } else {
        items.push(this.value(column))
      }
    }
    if (this.column > column) this.fail()
    return { type: 'list', items }
  }

  private map(): MapNode {
    const column = this.column
    const entries: Entry[] = []
    while (this.column === column) {
      const end = this.keyEnd()
      if (end === -1) break
      const key = this.scalar(end)
      this.at = end + 1
      this.skipSpaces()
      entries.push({ key, value: this.isLineEnd() ? this.below(column) : this.value(column) })
    }
    if (this.column >= column) this.fail()
    return { type: 'map', flow: false, entries }
  }

  /** What stands on the lines below a key, if anything: a list may begin in the key's own column. */
  private below(column: number): Node {
    const start = this.at
    this.endLine()
    if (this.column > column || (this.column === column && this.isDash())) return this.block()
    return this.node(start, start, 'plain')
  }

  /** What stands behind a key or dash of the column. */
  private value(column: number): Node {
    const first = this.text[this.at]
    if (first === '|' || first === '>') return this.blockScalar(column)
    const end = first === '"' || first === "'" ? this.quoteEnd() : -1
    const isFolded = end !== -1 && this.text.slice(this.at, end).includes('\n')
    const node = isFolded ? this.foldedQuotes(end, column) : this.inline(false)
    this.endLine()
    return this.column > column ? this.foldedPlain(node, column) : node
  }

  /** A quoted scalar of several lines. */
  private foldedQuotes(end: number, column: number): ScalarNode {
    const scalar = this.scalar(end)
    const lines = scalar.value.split('\n')
    const folded = lines.map((line, index) =>
      this.foldedLine(line, index === 0 ? -1 : column, index === lines.length - 1),
    )
    this.at = Math.max(this.at, end)
    return { ...scalar, value: folded.join(' '), style: 'multiline' }
  }

  /** A line of a quoted scalar without its indentation, which must be more than `column`, and the blanks at its end. */
  private foldedLine(line: string, column: number, isLast: boolean): string {
    let [start, end] = [0, line.length]
    while (column !== -1 && line[start] === ' ') start++
    if (!isLast && line[end - 1] === '\r') end--
    while (!isLast && end > start && line[end - 1] === ' ') end--
    if (start <= column || start === end || line[start] === '\t' || line[end - 1] === '\t') this.fail()
    return line.slice(start, end)
  }

  /** A plain scalar that goes on below: neither behind a comment nor behind an empty line. */
  private foldedPlain(node: Node, column: number): Node {
    if (node.type !== 'scalar' || node.style !== 'plain') {
      this.fail()
      return node
    }
    const lines = [node.value]
    let { end } = node
    while (this.column > column) {
      const isNext = /^ *\r?\n *$/.test(this.text.slice(end, this.at))
      end = this.plainEnd(false, true)
      if (!isNext || end === -1) this.fail()
      lines.push(this.text.slice(this.at, end))
      this.at = Math.max(this.at, end)
      this.endLine()
    }
    return { ...node, end, value: lines.join(' '), style: 'multiline', resolvesTo: 'text' }
  }

  private inline(isFlow: boolean): Node {
    const first = this.text[this.at]
    if (first === '[' || first === '{') return this.flow(first === '{')
    const isQuoted = first === '"' || first === "'"
    const end = isQuoted ? this.quoteEnd() : this.plainEnd(isFlow)
    const node = this.scalar(end)
    if (end === -1 || (isQuoted && node.value.includes('\n'))) this.fail()
    this.at = Math.max(this.at, end)
    return node
  }

  private flow(isMap: boolean): Node {
    if (++this.depth > DEEPEST_NODE || ++this.nodes > MOST_NODES) this.fail()
    const close = isMap ? '}' : ']'
    const entries: Entry[] = []
    const items: Node[] = []
    this.at++
    this.skipSpaces()
    while (!this.failed && this.text[this.at] !== close) {
      const item = this.inline(true)
      if (isMap) entries.push({ key: item, value: this.flowValue() })
      else items.push(item)
      this.skipSpaces()
      if (this.text[this.at] === ',') this.at++
      else if (this.text[this.at] !== close) this.fail()
      this.skipSpaces()
    }
    this.at++
    this.depth--
    return isMap ? { type: 'map', flow: true, entries } : { type: 'list', items }
  }

  private flowValue(): Node {
    this.skipSpaces()
    if (this.text[this.at] !== ':' || this.text[this.at + 1] !== ' ') this.fail()
    this.at++
    this.skipSpaces()
    return this.inline(true)
  }

  /** Lines behind `|` or `>`. Of folded ones, none is empty or deeper; of others, none has no more than blanks that count. */
  private blockScalar(column: number): Node {
    const isFolded = this.text[this.at] === '>'
    const isStripped = this.text[this.at + 1] === '-'
    this.at += isStripped ? 2 : 1
    this.skipSpaces()
    const header = this.text.indexOf('\n', this.at)
    if (!this.isLineEnd() || header === -1) this.fail()
    const start = header + 1
    const lines: string[] = []
    let end = start
    let indentation = -1
    let blanks = 0
    for (let line = start; line < this.text.length; ) {
      const content = this.spacesEnd(line)
      const newline = this.text.indexOf('\n', content)
      const width = content - line
      if (this.isLineBreak(content)) {
        if (width > Math.max(indentation, 0)) this.fail()
        blanks++
      } else {
        if (indentation === -1 && width > column) indentation = width
        if (width < indentation || indentation === -1) break
        if (isFolded && (blanks > 0 || width > indentation || this.text[content] === '\t')) this.fail()
        for (; blanks > 0; blanks--) lines.push('')
        lines.push(this.text.slice(line + indentation, this.text[newline - 1] === '\r' ? newline - 1 : newline))
        end = newline + 1
      }
      // Without a line end, the last line is the parser's to read.
      if (newline === -1) this.fail()
      line = newline === -1 ? this.text.length : newline + 1
    }
    if (lines.length === 0) this.fail()
    if (!this.failed) this.toLine(end)
    return { ...this.node(start, end, 'block'), value: `${lines.join(isFolded ? ' ' : '\n')}${isStripped ? '' : '\n'}` }
  }

  /** The scalar from the cursor to `end`, in quotes or plain. */
  private scalar(end: number): ScalarNode {
    const first = this.text[this.at]
    const isQuoted = first === '"' || first === "'"
    return isQuoted ? this.node(this.at + 1, end - 1, 'quoted') : this.node(this.at, end, 'plain')
  }

  private node(start: number, end: number, style: 'plain' | 'quoted' | 'block'): ScalarNode {
    if (++this.nodes > MOST_NODES) this.fail()
    const text = style === 'block' ? '' : this.text.slice(start, end)
    const value = style === 'quoted' && this.text[end] === "'" ? text.replaceAll("''", "'") : text
    const resolvesTo = style !== 'plain' ? 'text' : NULL.test(value) ? 'null' : OTHER.test(value) ? 'other' : 'text'
    return { type: 'scalar', start, end, value, style, resolvesTo }
  }
}

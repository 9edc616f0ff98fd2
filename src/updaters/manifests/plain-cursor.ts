/** Begins a document. */
export const MARKER = '---'

/** A parser takes 1,024 characters for a key on one line (YAML 1.2.2, section 7.4.2). */
const LONGEST_KEY = 1_000

const LF = 10
const CR = 13
const SPACE = 32
const HASH = 35
const DASH = 45
const COLON = 58

const KEY_CHARACTERS = charactersOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-$')
/** What cannot begin a plain scalar, but for a dash before other text (YAML 1.2.2, section 7.3.3). */
const INDICATORS = charactersOf('-?:,[]{}#&*!|>\'"%@`')
const FLOW_INDICATORS = charactersOf(',[]{}')

/** By their codes in latin1. */
function charactersOf(text: string): Uint8Array {
  const table = new Uint8Array(256)
  for (const each of text) table[each.charCodeAt(0)] = 1
  return table
}

/**
 * A cursor over a text of plain YAML: at the first thing of a line, or behind what was read of it. Tells where keys and scalars
 * end that stand as they are meant.
 */
export class PlainCursor {
  at = 0
  /** Then nothing that was read counts. */
  failed = false
  protected readonly text: string
  /** Of what comes first on the line at the cursor; -1 at the end of a document. */
  protected column = -1

  constructor(text: string) {
    this.text = text
  }

  /** Where the colon of a key at the cursor is, or -1 where no key is. */
  protected keyEnd(): number {
    const first = this.text[this.at]
    let end = this.at
    if (first === '"' || first === "'") end = this.quoteEnd()
    else while (KEY_CHARACTERS[this.text.charCodeAt(end)] === 1) end++
    const isKey = end > this.at && end - this.at < LONGEST_KEY && !this.text.slice(this.at, end).includes('\n')
    return isKey && this.text.charCodeAt(end) === COLON && this.isBlank(end + 1) ? end : -1
  }

  /** Behind the closing quote, or -1 where none is or the text has escapes, but for a single quote's. */
  protected quoteEnd(): number {
    const quote = this.text[this.at] as string
    let close = this.text.indexOf(quote, this.at + 1)
    if (quote === "'")
      while (this.text[close + 1] === quote && close !== -1) close = this.text.indexOf(quote, close + 2)
    if (close === -1 || /\r(?!\n)/.test(this.text.slice(this.at, close))) return -1
    return quote === '"' && this.text.slice(this.at, close).includes('\\') ? -1 : close + 1
  }

  /** Where a plain scalar ends, or -1 where none can begin or what follows makes it something else. */
  protected plainEnd(isFlow: boolean, isBegun = false): number {
    const first = this.text.charCodeAt(this.at)
    const second = this.text.charCodeAt(this.at + 1)
    const isDashed = first === DASH && second > SPACE && !(isFlow && FLOW_INDICATORS[second] === 1)
    if (INDICATORS[first] === 1 && !isDashed && !isBegun) return -1
    let end = this.at
    for (let at = this.at; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at)
      if (code === SPACE) continue
      if (code === LF || code === CR || (code === HASH && this.text.charCodeAt(at - 1) === SPACE)) break
      if (code < SPACE) return -1
      if (isFlow && FLOW_INDICATORS[code] === 1) break
      if (code === COLON) {
        if (isFlow && (this.isBlank(at + 1) || FLOW_INDICATORS[this.text.charCodeAt(at + 1)] === 1)) break
        if (this.isBlank(at + 1)) return -1
      }
      end = at + 1
    }
    return end > this.at ? end : -1
  }

  /** From behind what was read on a line to the next one. */
  protected endLine(): void {
    this.skipSpaces()
    if (!this.isLineEnd()) this.fail()
    const newline = this.text.indexOf('\n', this.at)
    this.toLine(newline === -1 ? this.text.length : newline + 1)
  }

  /** To the next line that has more than a comment, from the beginning of one. */
  protected toLine(start: number): void {
    let line = start
    while (line < this.text.length && !this.failed) {
      this.at = this.spacesEnd(line)
      const isComment = this.text.charCodeAt(this.at) === HASH
      if (!isComment && !this.isLineBreak(this.at)) {
        this.column = this.isMarker(line) ? -1 : this.at - line
        return
      }
      const newline = this.text.indexOf('\n', this.at)
      line = newline === -1 ? this.text.length : newline + 1
    }
    this.at = this.text.length
    this.column = -1
  }

  protected skipSpaces(): void {
    this.at = this.spacesEnd(this.at)
  }

  protected spacesEnd(start: number): number {
    let at = start
    while (this.text.charCodeAt(at) === SPACE) at++
    return at
  }

  protected isDash(): boolean {
    return this.text.charCodeAt(this.at) === DASH && this.isBlank(this.at + 1)
  }

  protected isMarker(at: number): boolean {
    return (
      this.text.startsWith(MARKER, at) && (at === 0 || this.text[at - 1] === '\n') && this.isBlank(at + MARKER.length)
    )
  }

  /** Whether only a comment follows on the line, or nothing. */
  protected isLineEnd(): boolean {
    const isComment = this.text.charCodeAt(this.at) === HASH && this.text.charCodeAt(this.at - 1) === SPACE
    return isComment || this.isLineBreak(this.at)
  }

  protected isBlank(at: number): boolean {
    return this.text.charCodeAt(at) === SPACE || this.isLineBreak(at)
  }

  /** The end of the text is one too. */
  protected isLineBreak(at: number): boolean {
    const code = this.text.charCodeAt(at)
    return code === LF || (code === CR && this.text.charCodeAt(at + 1) === LF) || at >= this.text.length
  }

  protected fail(): void {
    this.failed = true
    this.at = this.text.length
    this.column = -1
  }
}

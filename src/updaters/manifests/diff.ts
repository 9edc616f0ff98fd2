/**
 * The unified diff of a file before and after, with three lines of context, as `git apply` takes it. Empty where nothing differs.
 *
 * An update changes lines and adds some, and never takes one away: throws `RangeError` for what does. What is not UTF-8 is
 * shown with replacement characters, and then no diff to apply.
 */
export function unifiedDiff(file: string, before: Uint8Array, after: Uint8Array): string {
  const old = linesOf(before)
  const now = linesOf(after)
  if (old.length > now.length) throw new RangeError(`Cannot compare "${file}": it has fewer lines than before`)
  const rows = rowsOf(old, now)
  const changed = rows.flatMap(({ was, is }, index) => (was === is ? [] : [index]))
  if (changed.length === 0) return ''
  const hunks: string[] = []
  // Each row is a line of the file after, and all but these are lines of the file before.
  let added = 0
  let at = 0
  for (const span of spansOf(changed, rows.length)) {
    added += countAdded(rows.slice(at, span.start))
    hunks.push(hunkOf(rows.slice(span.start, span.end), span.start - added + 1, span.start + 1))
    added += countAdded(rows.slice(span.start, span.end))
    at = span.end
  }
  return `--- ${fileName(`a/${file}`)}\n+++ ${fileName(`b/${file}`)}\n${hunks.join('')}`
}

const CONTEXT = 3

/** A line as it was and as it is. One that is added was none. */
interface Row {
  readonly was?: string
  readonly is: string
}

/** A range of rows that one hunk shows, counted from 0. */
interface Span {
  readonly start: number
  end: number
}

/** Every line with its end, which only the last may lack. */
function linesOf(bytes: Uint8Array): readonly string[] {
  return (
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      .toString('utf8')
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  )
}

/** A line is added where the one that should stand there follows it, or none is left. */
function rowsOf(old: readonly string[], now: readonly string[]): readonly Row[] {
  let at = 0
  return now.map((is, index) => {
    const was = old[at]
    const isMissing = now.length - index > old.length - at
    if (was === undefined || (isMissing && was !== is && now[index + 1] === was)) return { is }
    at++
    return { was, is }
  })
}

function countAdded(rows: readonly Row[]): number {
  return rows.filter(({ was }) => was === undefined).length
}

/** Changes whose contexts touch share a hunk. */
function spansOf(changed: readonly number[], lines: number): readonly Span[] {
  const spans: Span[] = []
  for (const index of changed) {
    const end = Math.min(index + CONTEXT + 1, lines)
    const last = spans.at(-1)
    if (last !== undefined && index - CONTEXT <= last.end) last.end = end
    else spans.push({ start: Math.max(index - CONTEXT, 0), end })
  }
  return spans
}

/** Neighbouring changes are shown as git shows them: all removed lines before all added ones. */
function hunkOf(rows: readonly Row[], oldStart: number, nowStart: number): string {
  const oldRange = rangeOf(oldStart, rows.length - countAdded(rows))
  const shown = [`@@ -${oldRange} +${rangeOf(nowStart, rows.length)} @@\n`]
  let added: string[] = []
  for (const { was, is } of rows) {
    if (was === is) {
      shown.push(...added, shownLine(' ', is))
      added = []
    } else {
      if (was !== undefined) shown.push(shownLine('-', was))
      added.push(shownLine('+', is))
    }
  }
  return [...shown, ...added].join('')
}

function rangeOf(start: number, length: number): string {
  return length === 1 ? `${start}` : `${start},${length}`
}

function shownLine(sign: string, line: string): string {
  return line.endsWith('\n') ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`
}

/** Git quotes a name with a control character, quote or backslash, and ends one that has blanks by a tab. */
function fileName(name: string): string {
  const quoted = name.replace(/[^ !#-[\]-~\u0080-\uffff]/g, escaped)
  if (quoted !== name) return `"${quoted}"`
  return name.includes(' ') ? `${name}\t` : name
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`
}

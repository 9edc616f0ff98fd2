/**
 * The unified diff of a file before and after, with three lines of context, as `git apply` takes it. Empty where nothing differs.
 *
 * Both must have the same number of lines, as an update of values never adds one. What is not UTF-8 is shown with
 * replacement characters, and then no diff to apply.
 */
export function unifiedDiff(file: string, before: Uint8Array, after: Uint8Array): string {
  const old = linesOf(before)
  const now = linesOf(after)
  if (old.length !== now.length) throw new RangeError(`Cannot compare "${file}": the number of lines differs`)
  const changed = old.flatMap((line, index) => (line === now[index] ? [] : [index]))
  if (changed.length === 0) return ''
  const hunks = spansOf(changed, old.length).map((span) => hunkOf(old, now, span))
  return `--- ${fileName(`a/${file}`)}\n+++ ${fileName(`b/${file}`)}\n${hunks.join('')}`
}

const CONTEXT = 3

/** A range of lines that one hunk shows, counted from 0. */
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
function hunkOf(old: readonly string[], now: readonly string[], { start, end }: Span): string {
  const range = end - start === 1 ? `${start + 1}` : `${start + 1},${end - start}`
  const shown = [`@@ -${range} +${range} @@\n`]
  let added: string[] = []
  for (let index = start; index < end; index++) {
    const was = old[index] ?? ''
    const is = now[index] ?? ''
    if (was === is) {
      shown.push(...added, shownLine(' ', is))
      added = []
    } else {
      shown.push(shownLine('-', was))
      added.push(shownLine('+', is))
    }
  }
  return [...shown, ...added].join('')
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

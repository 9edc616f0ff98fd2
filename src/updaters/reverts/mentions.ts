import { oneLine } from '../../telemetry/one-line.js'
import { linesOf, type UpdateTrailer } from '../trailers.js'

/**
 * What the lines of a message say of a file and some of its updates: they name it, or only others. Undefined where they name
 * none, as in a message by a template.
 */
export type MentionOf = (file: string, updates: readonly UpdateTrailer[]) => 'file' | 'others' | undefined

/** Reads a message that may have a line for each place, `<file>: <image> <from> → <to>`, and perhaps more behind it. */
export function mentionsIn(message: string): MentionOf {
  let read: Mentions | undefined
  return (file, updates) => {
    read ??= readMentions(message)
    const { whole, ends } = read
    const texts = updates.map(({ image, from, to }) => oneLine(`: ${image} ${from || 'untagged'} → ${to}`))
    if (texts.some((text) => whole.has(`${oneLine(file)}${text}`))) return 'file'
    return texts.some((text) => ends.has(text)) ? 'others' : undefined
  }
}

interface Mentions {
  readonly whole: ReadonlySet<string>
  /** The same without the files. */
  readonly ends: ReadonlySet<string>
}

const ARROW = ' → '

function readMentions(message: string): Mentions {
  const whole = new Set<string>()
  const ends = new Set<string>()
  for (const line of linesOf(message)) {
    const arrow = line.indexOf(ARROW)
    if (arrow === -1) continue
    const space = line.indexOf(' ', arrow + ARROW.length)
    const text = space === -1 ? line : line.slice(0, space)
    whole.add(text)
    ends.add(text.slice(Math.max(0, text.lastIndexOf(': ', arrow))))
  }
  return { whole, ends }
}

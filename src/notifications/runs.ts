import { oneLine } from '../telemetry/one-line.js'

/** A piece of a line that people read. Its text may be of other people: each target makes it safe in its own way. */
export interface Run {
  readonly text: string
  readonly style?: 'bold' | 'code'
  /** Where it leads to. */
  readonly url?: string
}

/** One line. */
export type Line = readonly Run[]

const LONGEST = 300

/** Text of others on one line of bounded length. */
export function shown(text: string, longest = LONGEST): string {
  const line = oneLine(text)
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

export const plain = (text: string): Run => ({ text })
export const bold = (text: string): Run => ({ text: shown(text), style: 'bold' })
export const code = (text: string): Run => ({ text: shown(text, LONGEST_CODE), style: 'code' })
const LONGEST_CODE = 120

/** Lines as plain text. */
export function plainText(lines: readonly Line[]): string {
  return lines
    .map((line) => line.map(({ text, url }) => (url === undefined ? text : `${text} (${url})`)).join(''))
    .join('\n')
}

/**
 * Text of others, such as the name of a file, on one line of bounded length: what steers a terminal, ends a line or turns
 * its direction is written as an escape.
 */
export function oneLine(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return shown.replace(UNPRINTABLE, escaped)
}

/** Text of others as its lines stand, for a terminal: what steers it is written as an escape. */
export function steeringNothing(text: string): string {
  return text.replace(STEERING, escaped)
}

const LONGEST = 2_000

/** Control and format characters, halves of pairs, and the separators that end a line. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Without tabs and the ends of lines. */
const STEERING = /(?!\t|\r?\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}

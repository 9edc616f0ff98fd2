const MAX_LENGTH = 200

/** One bounded line without control or direction characters, for text of the other side that a terminal may show. */
export function printable(text: string): string {
  return text
    .slice(0, MAX_LENGTH)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y

/** The token of RFC 9110, section 5.6.2, that starts at `at`; empty where none does. */
export function tokenAt(header: string, at: number): string {
  TOKEN.lastIndex = at
  return TOKEN.exec(header)?.[0] ?? ''
}

export function skipSpace(header: string, at: number): number {
  while (header[at] === ' ' || header[at] === '\t') at++
  return at
}

/** A parameter's value: a token, or a quoted string in which a backslash takes the next character as it is. */
export function valueAt(header: string, at: number): { readonly text: string; readonly end: number } {
  if (header[at] !== '"') {
    const text = tokenAt(header, at)
    return { text, end: at + text.length }
  }
  let text = ''
  for (at++; at < header.length && header[at] !== '"'; at++) {
    if (header[at] === '\\') at++
    text += header[at] ?? ''
  }
  return { text, end: at + 1 }
}

/** A piece of a text with interpolations. */
export type Part =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'malformed' }

/** Splits a text at `${NAME}` and `${file:path}`; `$${` is a literal `${`. */
export function parseTemplate(text: string): readonly Part[] {
  const parts: Part[] = []
  let end = 0
  const literal = (piece: string) => {
    if (piece !== '') parts.push({ type: 'literal', text: piece })
  }
  for (const match of text.matchAll(/\$\$\{|\$\{([^}]*)(\}?)/g)) {
    literal(text.slice(end, match.index))
    end = match.index + match[0].length
    if (match[1] === undefined) literal('${')
    else parts.push(match[2] === '' ? { type: 'malformed' } : parseInterpolation(match[1]))
  }
  literal(text.slice(end))
  return parts
}

function parseInterpolation(inner: string): Part {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(inner)) return { type: 'variable', name: inner }
  if (/^file:./.test(inner)) return { type: 'file', path: inner.slice('file:'.length) }
  return { type: 'malformed' }
}

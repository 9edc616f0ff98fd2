/** Markup that is safe to be sent: only `html` makes it. */
export class Html {
  readonly #text: string

  constructor(guard: typeof MADE_HERE, text: string) {
    if (guard !== MADE_HERE) throw new TypeError('Cannot make markup: use html`…`')
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** What a template takes. Nothing is shown of `undefined` and `false`, so that parts can be left out. */
export type Part = string | number | Html | undefined | false | readonly Part[]

/**
 * A template whose values are escaped, unless they are markup of such a template. Right within elements and within attributes in double
 * quotes, and nowhere else: neither within `<script>` and `<style>` nor for addresses of others.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first = '', ...rest] = strings
  return new Html(
    MADE_HERE,
    rest.reduce((text, string, index) => text + shown(parts[index]) + string, first),
  )
}

const MADE_HERE = Symbol('made here')

function shown(part: Part): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.toString()
  if (typeof part === 'object') return part.map(shown).join('')
  return escaped(String(part))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

import { type Html, html } from './html.js'

/** What stands at places: tags as they are, digests by their first characters. */
export function valuesShown(values: readonly string[], none = '—'): Html {
  if (values.length === 0) return html`<span class="faint">${none}</span>`
  const shown = values.slice(0, MOST_VALUES).map((value, index) => html`${index > 0 && ', '}${valueShown(value)}`)
  const more = values.length - MOST_VALUES
  return html`${shown}${more > 0 && html` <span class="faint">and ${more} more</span>`}`
}

/** A tag, a digest, or both. */
export function valueShown(value: string): Html {
  const short = value.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, '$1…')
  return short === value ? html`<code>${value}</code>` : html`<code title="${value}">${short}</code>`
}

const MOST_VALUES = 3

import { type Html, html } from './html.js'

const MOST_OPEN = 3

/** What the policy file warns of: a few at once, many on demand. */
export function warningList(warnings: readonly string[]): Html | false {
  if (warnings.length === 0) return false
  const items = html`<ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul>`
  const title =
    warnings.length === 1 ? 'A warning of the policy file' : `${warnings.length} warnings of the policy file`
  return warnings.length > MOST_OPEN
    ? html`<details class="warnings"><summary>${title}</summary>${items}</details>`
    : html`<section class="warnings" aria-label="${title}"><h2>${title}</h2>${items}</section>`
}

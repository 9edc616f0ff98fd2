import type { PolicySummary } from '../../status/status.js'
import { type Html, html } from './html.js'
import { timeShown } from './times.js'

/** When a policy's repository was looked at last. */
export function lookShown(look: PolicySummary['lastLook'], now: number): Html {
  if (look === undefined) return html`<span class="faint">never</span>`
  return html`${timeShown(look.at, now)}${look.outcome === 'failed' && html` <span class="faint">failed</span>`}`
}

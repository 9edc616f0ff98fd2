import type { Overview, PolicyState } from '../../status/status.js'
import { type Html, html } from './html.js'

const WIDTH = 1_000
const GAP = 3
/** What there is of at all can be seen. */
const LEAST = 8
const ORDER: readonly PolicyState[] = ['current', 'watched', 'unknown', 'pending', 'held', 'failing']

/** The share of each state as a band, for the eye only: the numbers say the same. */
export function tideGauge(counts: Overview['counts']): Html | false {
  const present = ORDER.filter((state) => counts[state] > 0)
  if (present.length === 0) return false
  const total = present.reduce((sum, state) => sum + counts[state], 0)
  const room = WIDTH - GAP * (present.length - 1) - LEAST * present.length
  let x = 0
  const bands = present.map((state) => {
    const width = LEAST + (room * counts[state]) / total
    const band = html`<rect class="band ${state}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="10"/>`
    x += width + GAP
    return band
  })
  return html`<svg class="gauge" viewBox="0 0 ${WIDTH} 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">${bands}</svg>`
}

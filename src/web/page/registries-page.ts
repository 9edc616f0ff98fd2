import type { Overview, RegistryStatus } from '../../status/status.js'
import { type Html, html } from './html.js'
import { stateMark, stateShown } from './states.js'
import { table } from './table.js'
import { timeShown } from './times.js'

export function registriesPage({ registries, now }: Overview): Html {
  return html`
<h1>Registries</h1>
${table<RegistryStatus>({
  caption: 'Registries and how they answer',
  columns: [
    { title: 'Host', cell: ({ host }) => html`<code>${host}</code>` },
    { title: 'State', cell: (registry) => stateCell(registry, now) },
    { title: 'Repositories', isNumber: true, cell: ({ repositories }) => repositories },
    { title: 'Failing', isNumber: true, cell: ({ failing }) => failing },
    { title: 'Pulls left', isNumber: true, isExtra: true, cell: ({ remaining }) => remaining ?? '—' },
    {
      title: 'Last error',
      isExtra: true,
      cell: ({ lastError }) =>
        lastError === undefined
          ? html`<span class="faint">none</span>`
          : html`<span class="reason">${lastError.reason}</span> <span class="when">${timeShown(lastError.at, now)}</span>`,
    },
  ],
  rows: registries,
  keyOf: ({ host }) => host,
  empty: 'No policy names an image yet.',
})}`
}

function stateCell({ failing, repositories, restUntil = 0 }: RegistryStatus, now: number): Html {
  if (restUntil > now) {
    return html`${stateShown('failing')} <span class="reason">left alone, asked again ${timeShown(restUntil, now)}</span>`
  }
  if (failing > 0) {
    return html`${stateShown('failing')} <span class="reason">${failing} of ${repositories} failed when looked at last</span>`
  }
  return html`<span class="state current">${stateMark('current')}answers</span>`
}

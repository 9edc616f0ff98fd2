import type { BranchStatus, Overview } from '../../status/status.js'
import { commitLink } from './commits.js'
import { type Html, html } from './html.js'
import { stateMark, stateShown } from './states.js'
import { table } from './table.js'
import { timeShown } from './times.js'

export function branchesPage({ branches, now }: Overview): Html {
  return html`
<h1>Git branches</h1>
${table<BranchStatus>({
  caption: 'Git branches that are written to',
  columns: [
    { title: 'Branch', cell: ({ git, branch }) => html`${git} <span class="image">${branch}</span>` },
    { title: 'State', cell: (branch) => stateCell(branch, now) },
    {
      title: 'Last look',
      cell: ({ lastLookAt }) =>
        lastLookAt === undefined ? html`<span class="faint">never</span>` : timeShown(lastLookAt, now),
    },
    { title: 'Last push', cell: (branch) => pushCell(branch, now) },
    { title: 'Lost races', isNumber: true, isExtra: true, cell: ({ retries }) => retries },
  ],
  rows: branches,
  keyOf: ({ git, branch }) => `${git} ${branch}`,
  empty: 'No policy writes to Git.',
})}`
}

function stateCell({ failure, lastLookAt }: BranchStatus, now: number): Html {
  if (failure !== undefined) {
    return html`${stateShown('failing')} <span class="reason">${failure.reason}</span> <span class="when">${timeShown(failure.at, now)}</span>`
  }
  if (lastLookAt === undefined) return stateShown('unknown')
  return html`<span class="state current">${stateMark('current')}in order</span>`
}

function pushCell({ lastPush }: BranchStatus, now: number): Html {
  if (lastPush === undefined) return html`<span class="faint">none</span>`
  return html`${commitLink(lastPush)} ${lastPush.subject} <span class="when">${timeShown(lastPush.at, now)}</span>`
}

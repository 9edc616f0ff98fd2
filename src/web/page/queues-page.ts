import type { Overview, QueueStatus } from '../../status/status.js'
import { type Html, html } from './html.js'
import { type Column, table } from './table.js'

export function queuesPage({ queues }: Overview): Html {
  return html`
<h1>Queues</h1>
<p class="faint">Work that waits for a process, is in hand, comes at its time, or failed. A queue is a hint: what is lost of it is found again.</p>
${table<QueueStatus>({
  caption: 'Queues and what is in them',
  columns: [
    { title: 'Queue', cell: ({ name }) => name },
    ...COUNTED.map(
      ([title, key]): Column<QueueStatus> => ({
        title,
        isNumber: true,
        cell: (queue) => queue[key].toLocaleString('en'),
      }),
    ),
  ],
  rows: queues,
  keyOf: ({ name }) => name,
  empty: 'There are no queues.',
})}`
}

const COUNTED = [
  ['Waiting', 'waiting'],
  ['In hand', 'active'],
  ['Later', 'delayed'],
  ['Failed', 'failed'],
] as const

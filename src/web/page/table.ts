import { type Html, html, type Part } from './html.js'

export interface TableOptions<Row> {
  /** For screen readers: a heading says the same. */
  readonly caption: string
  /** The first one names the row. */
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** By which a row is told from the others when the page changes. */
  readonly keyOf: (row: Row) => string
  /** Shown instead of a table without rows. */
  readonly empty: string
}

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => Part
  /** Left out on screens of middle width. */
  readonly isExtra?: boolean
  readonly isNumber?: boolean
}

/**
 * A table without the columns that have nothing to show. Narrow screens show it as a list of its rows: browsers forget then that it is a
 * table, and the roles say so.
 */
export function table<Row>({ caption, columns, rows, keyOf, empty }: TableOptions<Row>): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  const filled = columns
    .map((column) => ({ ...column, parts: rows.map(column.cell) }))
    .filter(({ parts }) => parts.some((part) => part !== undefined && part !== false))
  const heads = filled.map((column) => html`<th scope="col" role="columnheader"${classOf(column)}>${column.title}</th>`)
  const body = rows.map((row, at) => {
    const cells = filled.map((column, index) => cellOf(column, column.parts[at], index === 0))
    return html`<tr role="row" data-key="${keyOf(row)}">${cells}</tr>\n`
  })
  return html`<div class="scroll"><table role="table">
<caption class="unseen">${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads}</tr></thead>
<tbody role="rowgroup">
${body}</tbody>
</table></div>`
}

function cellOf(column: Look, part: Part, isHead: boolean): Html {
  return isHead
    ? html`<th scope="row" role="rowheader"${classOf(column)}>${part}</th>`
    : html`<td role="cell"${classOf(column)} data-title="${column.title}">${part}</td>`
}

type Look = Pick<Column<unknown>, 'title' | 'isExtra' | 'isNumber'>

function classOf({ isExtra, isNumber }: Look): Html | false {
  const names = [isExtra === true && 'extra', isNumber === true && 'number'].filter((name) => name !== false)
  return names.length > 0 && html` class="${names.join(' ')}"`
}

import { type Html, html, type Part } from './html.js'

export interface TableOptions<Row> {
  readonly caption: string
  /** Whether the caption is for screen readers only, because a heading says the same. */
  readonly hidesCaption?: boolean
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

/** A table, which narrow screens show as a list of its rows. Browsers forget then that it is a table: the roles say so. */
export function table<Row>({ caption, hidesCaption = true, columns, rows, keyOf, empty }: TableOptions<Row>): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`
  const heads = columns.map(
    (column) => html`<th scope="col" role="columnheader"${classOf(column)}>${column.title}</th>`,
  )
  const body = rows.map(
    (row) =>
      html`<tr role="row" data-key="${keyOf(row)}">${columns.map((column, index) =>
        index === 0
          ? html`<th scope="row" role="rowheader"${classOf(column)}>${column.cell(row)}</th>`
          : html`<td role="cell"${classOf(column)} data-title="${column.title}">${column.cell(row)}</td>`,
      )}</tr>
`,
  )
  return html`<div class="scroll"><table role="table">
<caption${hidesCaption && html` class="unseen"`}>${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads}</tr></thead>
<tbody role="rowgroup">
${body}</tbody>
</table></div>`
}

function classOf({ isExtra, isNumber }: Pick<Column<unknown>, 'isExtra' | 'isNumber'>): Html | false {
  const names = [isExtra === true && 'extra', isNumber === true && 'number'].filter((name) => name !== false)
  return names.length > 0 && html` class="${names.join(' ')}"`
}

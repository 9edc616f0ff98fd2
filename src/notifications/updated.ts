import { groupBy } from '../group-by.js'
import type { UpdatedNotice } from '../jobs/notices.js'

export interface Pushed {
  readonly at: number
  readonly git: string
  readonly branch: string
  /** Where the Git repository is. */
  readonly repository: string
  readonly commit: string
  readonly url: string | undefined
  readonly subject: string
  readonly changes: readonly Change[]
}

type Change = Omit<UpdatedNotice['changes'][number], 'places'>

const MOST_CHANGES = 200
const MOST_FILES = 1_000

/** What is told of a pushed commit. */
export function updatedNotice({ url, changes, ...pushed }: Pushed): UpdatedNotice {
  const values = groupBy(changes, ({ policy, from, to }) => JSON.stringify([policy, from, to]))
  const firsts = [...values.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, places: others.length + 1 }],
  )
  const files = [...new Set(changes.map(({ file }) => file))]
  return {
    type: 'updated',
    ...pushed,
    ...(url !== undefined && { url }),
    changes: firsts.slice(0, MOST_CHANGES),
    ...(firsts.length > MOST_CHANGES && { omitted: firsts.length - MOST_CHANGES }),
    ...(files.length <= MOST_FILES && { files }),
  }
}

import { GitError } from '../errors.js'

/**
 * What the server is to leave out. Source: git-rev-list(1), `--filter`; what an order names by its id comes whatever the filter.
 * A server may know partial clones and still refuse to count trees (git-config(1), `uploadpackfilter.<filter>.allow`).
 */
export interface Filters {
  /** All files, and trees more than so many levels below what is named. A commit's root is its first level. */
  below(levels: number): string | undefined
  /** Files that are not small. */
  readonly largeFiles: string | undefined
  /** Runs it again where the server refuses to count trees, with filters that do not. */
  tried<T>(run: () => Promise<T>): Promise<T>
}

export function filtersFor(canFilter: boolean): Filters {
  let countsTrees = true
  return {
    below(levels) {
      if (!canFilter) return undefined
      if (!countsTrees || levels === Number.POSITIVE_INFINITY) return 'blob:none'
      return levels > 1 ? `combine:blob:none+tree:${levels}` : `tree:${levels}`
    },
    largeFiles: canFilter ? `blob:limit=${1024 ** 2}` : undefined,
    async tried(run) {
      try {
        return await run()
      } catch (thrown) {
        if (!countsTrees || !refusesFilter(thrown)) throw thrown
        countsTrees = false
        return run()
      }
    },
  }
}

function refusesFilter(thrown: unknown): boolean {
  return thrown instanceof GitError && thrown.code === 'REJECTED' && /filter/i.test(thrown.message)
}

import { matchesText } from '../../status/search.js'
import { POLICY_STATES, type PolicyState, type PolicySummary } from '../../status/status.js'
import { isState } from './states.js'

/** Which policies somebody wants to see. */
export interface Filter {
  /** Part of a name or an image, in any case; empty for all. */
  readonly text: string
  readonly state?: PolicyState
  /** From 1. */
  readonly page: number
}

export interface FilteredPolicies {
  /** Those of the page, the worst first, and then by name. */
  readonly rows: readonly PolicySummary[]
  /** How many there are on all pages. */
  readonly total: number
  /** The page they are on: the last one where a later one is asked for. */
  readonly page: number
  readonly pages: number
}

export const PAGE_SIZE = 100
const LONGEST_TEXT = 200

/** What a query such as `q=app&state=held&page=2` asks for. What it does not know of counts as not said. */
export function filterOf(query: URLSearchParams): Filter {
  const state = query.get('state') ?? undefined
  const page = Number(query.get('page'))
  return {
    text: (query.get('q') ?? '').trim().slice(0, LONGEST_TEXT),
    ...(isState(state) && { state }),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  }
}

/** The path of the overview with a filter. */
export function pathOf({ text, state, page }: Filter): string {
  const query = new URLSearchParams()
  if (text !== '') query.set('q', text)
  if (state !== undefined) query.set('state', state)
  if (page > 1) query.set('page', String(page))
  return query.size === 0 ? '/' : `/?${query}`
}

/** Policies come in the order of their names. */
export function filterPolicies(policies: readonly PolicySummary[], { text, state, page }: Filter): FilteredPolicies {
  const found = policies.filter(
    (policy) => (state === undefined || policy.state === state) && matchesText(policy, text),
  )
  const sorted = POLICY_STATES.flatMap((one) => found.filter((policy) => policy.state === one))
  const pages = Math.max(1, Math.ceil(sorted.length / PAGE_SIZE))
  const shown = Math.min(page, pages)
  return { rows: sorted.slice((shown - 1) * PAGE_SIZE, shown * PAGE_SIZE), total: sorted.length, page: shown, pages }
}

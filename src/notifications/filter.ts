import type { Notice } from '../jobs/notices.js'
import type { Wishes } from './destination.js'

/** Whom something concerns, where it is not of everybody. */
export interface Concern {
  readonly policies: readonly string[]
  /** Names of Git repositories. */
  readonly git: readonly string[]
}

/** What of a notice is wanted; undefined where nothing is. */
export function wantedOf(notice: Notice, concern: Concern | undefined, wishes: Wishes): Notice | undefined {
  if (!wishes.on.includes(notice.type)) return undefined
  if (concern === undefined) return notice
  const { git, policies } = wishes
  if (git !== undefined && !concern.git.some((name) => git.includes(name))) return undefined
  if (policies === undefined) return notice
  const isWanted = (policy: string) => policies.some((pattern) => matches(policy, pattern))
  if (notice.type !== 'updated') return concern.policies.some(isWanted) ? notice : undefined
  const changes = notice.changes.filter(({ policy }) => isWanted(policy))
  if (changes.length === 0) return undefined
  // What is omitted is of policies that nobody knows any more.
  return { ...notice, changes, ...(changes.length < notice.changes.length && { omitted: undefined }) }
}

/** Whether a text is what a pattern says, in which `*` stands for any text. */
export function matches(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const piece of rest) {
    const at = text.indexOf(piece, from)
    if (at === -1) return false
    from = at + piece.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}

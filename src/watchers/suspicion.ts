import type { Tag } from '../image/tag.js'

export interface KnownTags {
  /** How many there were; undefined where nobody has counted. */
  readonly count: number | undefined
  /** Those that policies have selected. */
  readonly selected: readonly Tag[]
}

/**
 * For as long a list must stay suspect, at every look, before it is believed. Registries answer short or empty lists while their storage or
 * database recovers, and such an answer must not move anything back.
 */
export const BELIEVED_AFTER_MS = 300_000

/** Of fewer tags, a few that somebody has deleted are more than half. */
const FEW_TAGS = 4

/** Why a list is perhaps not the whole one, for a person; undefined where nothing speaks against it. */
export function suspicionOf(tags: readonly Tag[], known: KnownTags): string | undefined {
  const listed = new Set(tags)
  const lost = known.selected.find((tag) => !listed.has(tag))
  if (lost !== undefined) return `the list of ${tags.length} tags lacks "${lost}", which is selected`
  const { count = 0 } = known
  if (count >= FEW_TAGS && tags.length < count / 2) return `the list shrank from ${count} to ${tags.length} tags`
  return undefined
}

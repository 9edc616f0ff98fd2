import { type Repository, repositoryKey } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import type { Candidate } from '../policies/decide.js'
import type { Choice, Selection } from './payloads.js'

/** Whether a policy made a selection, by the rule and of the repository that it has now. Otherwise it is out of date. */
export function isMadeBy(
  { rule, repository }: { readonly rule: string; readonly repository: Repository },
  selection: Selection | undefined,
): selection is Selection {
  return selection?.rule === rule && selection.repository === repositoryKey(repository)
}

/** What a policy selected for a place where this tag stands. Most policies do not go by it, and have one choice for all. */
export function choiceFor(selection: Selection | undefined, current: Tag | undefined): Choice | undefined {
  if (selection?.byCurrent === undefined) return selection
  const { byCurrent } = selection
  return current !== undefined && Object.hasOwn(byCurrent, current) ? byCurrent[current] : undefined
}

/** Every choice of a selection. */
export function choicesOf(selection: Selection): readonly Choice[] {
  return selection.byCurrent === undefined ? [selection] : Object.values(selection.byCurrent)
}

/** The tags that a choice was made among, as `decide` had them. */
export function candidatesOf({ tag, digest, block, others = [] }: Choice): readonly Candidate[] {
  if (tag === undefined) return []
  return block === undefined ? [...others, { tag, digest }] : [{ tag, digest, block }, ...others]
}

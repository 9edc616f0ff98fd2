import type { Digest } from '../image/digest.js'
import type { Tag } from '../image/tag.js'
import { type Block, type Facts, type Gate, isQuestion, type Question } from './gate.js'

/** A tag that was looked at, and what keeps it from being written. */
export interface Candidate {
  readonly tag: Tag
  readonly digest?: Digest | undefined
  readonly block?: Block | undefined
}

export type Decision =
  /** From the best tag down to the first that passes; all of them where none does. */
  | { readonly candidates: readonly Candidate[] }
  /** What must be known before it can be decided. */
  | { readonly tag: Tag; readonly question: Question }

/**
 * Leads the tags through the gates, best first. Pure: who decides asks what is missing, adds it to the facts, and decides again.
 * A gate is asked only where those before it let the tag pass, so the cheap ones come first.
 */
export function decide(
  ranked: readonly Tag[],
  gates: readonly Gate[],
  factsOf: (tag: Tag) => Facts,
  now: number,
): Decision {
  const candidates: Candidate[] = []
  for (const tag of ranked) {
    const facts = factsOf(tag)
    const answer = firstAnswer(gates, tag, facts, now)
    if (answer !== undefined && isQuestion(answer)) return { tag, question: answer }
    const { digest } = facts
    candidates.push({ tag, ...(digest !== undefined && { digest }), ...(answer !== undefined && { block: answer }) })
    if (answer === undefined) break
  }
  return { candidates }
}

/** The tag that a policy selects: the first that passes, else the best one, which then waits. */
export function selectedOf<C extends Candidate>(candidates: readonly C[]): C | undefined {
  const last = candidates.at(-1)
  return last?.block === undefined ? last : candidates[0]
}

function firstAnswer(gates: readonly Gate[], tag: Tag, facts: Facts, now: number): Block | Question | undefined {
  for (const gate of gates) {
    const answer = gate(tag, facts, now)
    if (answer !== undefined) return answer
  }
  return undefined
}

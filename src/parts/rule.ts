import type { PolicyConfig } from '../config/configuration.js'

/** What a selection depends on beside the repository, as text: one that was made by another rule does not count. */
export function ruleOf(policy: PolicyConfig): string {
  const { select, tags, demands, signature, fallback, ageFrom } = policy
  const gates = Object.keys(demands).length === 0 ? undefined : { demands, signature, fallback, ageFrom }
  return JSON.stringify([select, ...(tags || gates ? [tags, gates] : [])])
}

import type { PolicyConfig } from '../config/configuration.js'
import { repositoryKey } from '../image/repository.js'

/** What a selection depends on, as text: one that was made by another rule does not count. */
export function ruleOf(policy: PolicyConfig): string {
  const { repository, select, tags, demands, signature, fallback, ageFrom } = policy
  const gates = Object.keys(demands).length === 0 ? undefined : { demands, signature, fallback, ageFrom }
  return JSON.stringify([repositoryKey(repository), select, ...(tags || gates ? [tags, gates] : [])])
}

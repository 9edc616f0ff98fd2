import type { Given, Need, Policy } from './policy.js'

/** A policy that goes by more than texts: it is the one that `policyFor` makes of what is given. */
export function givenPolicy(needs: Need, policyFor: (given: Given) => Policy): Policy {
  return {
    needs,
    select: (tags, given = {}) => policyFor(given).select(tags),
    judge: (tags, given = {}) => policyFor(given).judge(tags),
    considers: policyFor({}).considers,
    compare: (a, b, given = {}) => policyFor(given).compare(a, b),
  }
}

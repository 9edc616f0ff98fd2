import type { Configuration, PolicyConfig } from '../config/configuration.js'
import { standingKey } from '../jobs/keys.js'
import { createGates } from '../policies/gates.js'
import type { Target, WatchedPolicy } from '../watchers/watch.js'
import { ruleOf } from './rule.js'
import type { Shared } from './shared.js'

/** A policy as those need it who look at registries. Throws `SignatureError` where a trusted root cannot be read. */
export async function watchedPolicy(
  policy: PolicyConfig,
  configuration: Configuration,
  { policyOf, checkOf }: Shared,
): Promise<WatchedPolicy> {
  const { name, image, repository, schedule, signature } = policy
  return {
    name,
    image,
    repository,
    schedule,
    rule: ruleOf(policy),
    policy: policyOf([policy.select, policy.tags]),
    gates: createGates(policy.demands),
    fallback: policy.fallback,
    follows: policy.digest === 'refresh' || 'digest' in policy.select,
    ageFrom: policy.ageFrom,
    checkSignature: signature && (await checkOf(signature)),
    after: afterKeys(policy, configuration),
    targets: targetsOf(policy, configuration),
  }
}

function targetsOf({ write }: PolicyConfig, { git }: Configuration): readonly Target[] {
  const targets = write.flatMap((entry) => {
    const target = git[entry.git]
    return target === undefined ? [] : [{ git: target.name, branch: target.branch }]
  })
  return [...new Map(targets.map((target) => [target.git, target])).values()]
}

/** The keys of what the policy has in Git that goes before this one. */
function afterKeys({ demands: { after } }: PolicyConfig, configuration: Configuration): readonly string[] {
  const first = configuration.policies.find(({ name }) => name === after?.policy)
  if (first === undefined) return []
  return targetsOf(first, configuration).map((target) => standingKey(first, target))
}

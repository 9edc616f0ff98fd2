import type { Configuration, GitConfig, PolicyConfig } from '../config/configuration.js'
import { createWindow } from '../policies/window.js'
import { branchNames } from '../updaters/branch-name.js'
import { DEFAULT_GLOBS } from '../updaters/files.js'
import type { UpdateTarget, WritingPolicy } from '../updaters/target.js'
import { ruleOf } from './rule.js'
import type { Shared } from './shared.js'

/** A branch and its policies as those need them who write to Git. */
export function updateTarget(git: GitConfig, { policies }: Configuration, shared: Shared): UpdateTarget {
  const writes = ({ write }: PolicyConfig) => write.some((entry) => entry.git === git.name)
  const writing = policies.filter(writes)
  const others = policies.filter((policy) => !writes(policy))
  const followed = new Set(policies.flatMap(({ demands: { after } }) => after?.policy ?? []))
  return {
    git: git.name,
    branch: git.branch,
    author: git.author,
    committer: git.committer,
    push: {
      options: git.push.options,
      branchFor: git.push.branch === undefined ? undefined : branchNames(git.push.branch),
    },
    policies: writing.map((policy) => writingPolicy(policy, git.name, shared, followed)),
    otherPolicies: new Set(others.map(({ name }) => name)),
  }
}

function writingPolicy(
  policy: PolicyConfig,
  git: string,
  { policyOf, matcherOf }: Shared,
  followed: ReadonlySet<string>,
): WritingPolicy {
  const rule = policyOf([policy.select, policy.tags])
  return {
    name: policy.name,
    image: policy.image,
    repository: policy.repository,
    rule: ruleOf(policy),
    writesTo: matcherOf(globsOf(policy, git)),
    ...followedPaths(policy, git, matcherOf),
    policy: rule,
    digest: policy.digest,
    downgrade: policy.downgrade,
    window: policy.window && createWindow(policy.window),
    tellsStanding: rule.needs === 'current' || followed.has(policy.name),
  }
}

/** Where a policy goes by paths, which leave its other files to discovery. */
function followedPaths({ write }: PolicyConfig, git: string, matcherOf: Shared['matcherOf']) {
  const entries = write.filter((entry) => entry.git === git)
  const pathScopes = entries.flatMap(({ files: globs = DEFAULT_GLOBS, paths }) =>
    paths === undefined ? [] : [{ globs, matches: matcherOf(globs), paths }],
  )
  if (pathScopes.length === 0) return {}
  const others = entries.filter(({ paths }) => paths === undefined)
  const discoversIn = matcherOf(others.flatMap(({ files = DEFAULT_GLOBS }) => files))
  return { pathScopes, discoversIn }
}

/** The files of a Git repository that a policy writes to. */
export function globsOf({ write }: PolicyConfig, git: string): readonly string[] {
  return write.filter((entry) => entry.git === git).flatMap(({ files = DEFAULT_GLOBS }) => files)
}

import { groupBy } from '../../group-by.js'
import { isReferrerTag, type Tag } from '../../image/tag.js'
import type { Jobs } from '../../jobs/jobs.js'
import type { Watch, WatchedPolicy } from '../watch.js'
import type { Pushed, PushedBranch, PushedImage } from './sender.js'
import { shareOrders } from './share-orders.js'

export interface PushHintsOptions {
  readonly watches: ReadonlyMap<string, Watch>
  /** The branch that is read of a Git repository; undefined where none is written to. */
  readonly branchOf: (git: string) => string | undefined
  readonly jobs: Pick<Jobs, 'polls' | 'updates'>
}

/**
 * Queues looks at what was pushed, each once, and tells how many. Only what the policy file has is ever looked at: nothing of an
 * event is contacted or written. A tag that no policy may select is not worth a look.
 */
export function pushHints({
  watches,
  branchOf,
  jobs,
}: PushHintsOptions): (pushed: readonly Pushed[]) => Promise<number> {
  const byPath = groupBy([...watches.values()], ({ repository }) => repository.path)

  const look = shareOrders((repository) => jobs.polls.add({ version: 1, repository, trigger: 'event' }))

  return async (pushed) => {
    const repositories = new Set<string>()
    const branches = new Map<string, PushedBranch>()
    for (const one of pushed) {
      if (!('git' in one)) for (const key of keysOf(one)) repositories.add(key)
      else if (branchOf(one.git) === one.branch) branches.set(one.git, one)
    }
    await Promise.all([
      ...[...repositories].map(look),
      ...[...branches.values()].map(({ git, branch }) => jobs.updates.add({ version: 1, git, branch })),
    ])
    return repositories.size + branches.size
  }

  function keysOf({ repository: { registry, path }, tag }: PushedImage): readonly string[] {
    const named = (byPath.get(path) ?? []).filter((watch) => !registry || watch.repository.registry === registry)
    return named.filter(({ policies }) => policies.some((policy) => mayMatter(policy, tag))).map(({ key }) => key)
  }
}

/** Whether a push of this tag may change what a policy selects, or whether it may be written. */
function mayMatter({ policy, checkSignature }: WatchedPolicy, tag: Tag | undefined): boolean {
  if (tag === undefined) return true
  // It may be the signature that the selected tag waits for.
  if (isReferrerTag(tag)) return checkSignature !== undefined
  if (policy.needs !== undefined) return policy.considers(tag)
  return policy.select([tag]) !== undefined
}

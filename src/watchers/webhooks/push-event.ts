import { z } from 'zod'
import type { PushedBranch } from './sender.js'

/** What the push events of GitHub, GitLab, Gitea and Forgejo have in common. */
export const pushEvent = z.object(
  {
    /** Such as `refs/heads/main`. */
    ref: z.string('expected a reference'),
    /** The commit it points to now; zeros where it was deleted. */
    after: z.string('expected an object id'),
  },
  'expected an object with "ref" and "after"',
)

/** The branch of a push; nothing for tags, for other references, and for a branch that was deleted. */
export function branchesOf(git: string, { ref, after }: z.infer<typeof pushEvent>): readonly PushedBranch[] {
  if (!ref.startsWith(BRANCHES) || /^0*$/.test(after)) return []
  return [{ git, branch: ref.slice(BRANCHES.length) }]
}

const BRANCHES = 'refs/heads/'

import { isWaiting } from '../updaters/judge.js'
import type { BranchPlan } from '../updaters/plan.js'
import type { Reconciliation } from '../updaters/reconcile.js'
import type { UpdateTarget } from '../updaters/target.js'
import { type Command, EXIT } from './command.js'
import { eachBranch, type Failure, failingPlaces, lookAtAll } from './pass.js'

/** One full pass: look at every repository, bring every branch up to date, exit. */
export const sync: Command = {
  run: (invocation) =>
    lookAtAll(invocation, async (pass) => {
      const branches = await eachBranch(pass, invocation, async ({ target, reconcile }) => ({
        target,
        ...(await reconcile(invocation.signal)),
      }))
      const failures = [
        ...pass.failures,
        ...branches.failures,
        ...branches.done.flatMap(({ plan, target }) => failingPlaces(plan, target.git)),
      ]
      const commits = branches.done.flatMap(commitOf)
      const pending = branches.done.flatMap(({ plan, target }) => pendingPlaces(plan, target))
      const json = invocation.output === 'json'
      invocation.print(json ? `${JSON.stringify({ commits, pending, failures })}\n` : textOf(commits, pending))
      if (!json) tellFailures(failures, invocation.tell)
      return failures.length === 0 ? EXIT.done : EXIT.failed
    }),
}

export interface Pending {
  readonly policy: string
  readonly git: string
  readonly file: string
  readonly line: number
  readonly reason: string
}

/** What waits, in the shape that programs read. */
export function pendingPlaces({ places }: BranchPlan, { git }: UpdateTarget): readonly Pending[] {
  return places.filter(isWaiting).map(({ policy, file, line, reason }) => ({ policy, git, file, line, reason }))
}

/** What failed, for a person. */
export function tellFailures(failures: readonly Failure[], tell: (text: string) => void): void {
  for (const { policy, git, reason } of failures) {
    const subject = [policy, git].filter((part) => part !== undefined).join(' in ')
    tell(`failed: ${subject}: ${reason}\n`)
  }
}

type CommitReport = ReturnType<typeof commitOf>[number]

function commitOf({ target, commit, plan }: Reconciliation & { readonly target: UpdateTarget }) {
  if (commit === undefined) return []
  const changes = plan.changes.map(({ policy, file, line, from, to }) => ({ policy, file, line, from, to }))
  return [{ git: target.git, branch: target.branch, commit: commit.oid, changes }]
}

function textOf(commits: readonly CommitReport[], pending: readonly Pending[]): string {
  const lines = commits.flatMap(({ git, branch, commit, changes }) => [
    `${git} ${branch}: ${commit}`,
    ...changes.map(({ policy, file, line, from, to }) => `  ${file}:${line}: ${policy} ${from || 'untagged'} → ${to}`),
  ])
  if (commits.length === 0) lines.push('Nothing to commit')
  for (const { policy, git, file, line, reason } of pending)
    lines.push(`waiting: ${git} ${file}:${line}: ${policy}: ${reason}`)
  return `${lines.join('\n')}\n`
}

import { unifiedDiff } from '../updaters/manifests/diff.js'
import type { BranchPlan } from '../updaters/plan.js'
import { type Command, EXIT } from './command.js'
import { eachBranch, lookAtAll } from './pass.js'
import { changesOf, type PlannedBranch, pendingText, reportOf, tellFailures } from './report.js'

/** The unified diff that `sync` would commit. Nothing is written. */
export const plan: Command = {
  options: { 'exit-code': { type: 'boolean', summary: 'exit 3 when there is a diff' } },
  run: async (invocation) =>
    lookAtAll(invocation, await invocation.load(), async (pass) => {
      const { print, tell, output, options, signal } = invocation
      const planned = await eachBranch(pass, invocation, async ({ target, plan }) => ({
        target,
        plan: await plan(signal),
      }))
      const branches = planned.done.map(branchOf)
      const { pending, failures } = reportOf(pass, planned)
      if (output === 'json') print(`${JSON.stringify({ branches, pending, failures })}\n`)
      else {
        print(branches.map(({ diff }) => diff).join(''))
        tell(pendingText(pending))
        tellFailures(failures, tell)
      }
      if (failures.length > 0) return EXIT.failed
      const differs = branches.some(({ changes }) => changes.length > 0)
      return differs && options['exit-code'] === true ? EXIT.differs : EXIT.done
    }),
}

function branchOf({ target: { git, branch }, plan }: PlannedBranch) {
  return { git, branch, base: plan.snapshot.commit, diff: diffOf(plan), changes: changesOf(plan) }
}

function diffOf({ files }: BranchPlan): string {
  return files.map(({ path, before, after }) => unifiedDiff(path, before, after)).join('')
}

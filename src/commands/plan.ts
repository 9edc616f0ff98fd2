import { unifiedDiff } from '../updaters/manifests/diff.js'
import type { BranchPlan } from '../updaters/plan.js'
import { type Command, EXIT } from './command.js'
import { eachBranch, failingPlaces, lookAtAll } from './pass.js'
import { pendingPlaces, tellFailures } from './sync.js'

/** The unified diff that `sync` would commit. Nothing is written. */
export const plan: Command = {
  options: { 'exit-code': { type: 'boolean', summary: 'exit 3 when there is a diff' } },
  run: (invocation) =>
    lookAtAll(invocation, async (pass) => {
      const branches = await eachBranch(pass, invocation, async ({ target, plan }) => ({
        target,
        plan: await plan(invocation.signal),
      }))
      const failures = [
        ...pass.failures,
        ...branches.failures,
        ...branches.done.flatMap(({ plan, target }) => failingPlaces(plan, target.git)),
      ]
      const pending = branches.done.flatMap(({ plan, target }) => pendingPlaces(plan, target))
      const reports = branches.done.map(({ plan, target }) => ({
        git: target.git,
        branch: target.branch,
        base: plan.snapshot.commit,
        diff: diffOf(plan),
        changes: plan.changes.map(({ policy, file, line, from, to }) => ({ policy, file, line, from, to })),
      }))
      if (invocation.output === 'json')
        invocation.print(`${JSON.stringify({ branches: reports, pending, failures })}\n`)
      else {
        invocation.print(reports.map(({ diff }) => diff).join(''))
        for (const { policy, git, file, line, reason } of pending) {
          invocation.tell(`waiting: ${git} ${file}:${line}: ${policy}: ${reason}\n`)
        }
        tellFailures(failures, invocation.tell)
      }
      if (failures.length > 0) return EXIT.failed
      const differs = reports.some(({ changes }) => changes.length > 0)
      return differs && invocation.options['exit-code'] === true ? EXIT.differs : EXIT.done
    }),
}

function diffOf({ files }: BranchPlan): string {
  return files.map(({ path, before, after }) => unifiedDiff(path, before, after)).join('')
}

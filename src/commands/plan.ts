import { steeringNothing } from '../telemetry/one-line.js'
import type { DeliveryPlan } from '../updaters/deliveries.js'
import { unifiedDiff } from '../updaters/manifests/diff.js'
import { type Command, EXIT } from './command.js'
import { loadWhole } from './load-whole.js'
import { eachBranch, lookAtAll } from './pass.js'
import { changesOf, oddities, type PlannedBranch, pendingText, reportOf, tellFailures, unplaced } from './report.js'
import { tellWarnings } from './warnings.js'

interface Planned extends PlannedBranch {
  readonly plan: DeliveryPlan
}

/** The unified diff that `sync` would commit. Nothing is written. */
export const plan: Command = {
  options: { 'exit-code': { type: 'boolean', summary: 'exit 3 when there is a diff' } },
  run: async (invocation) =>
    lookAtAll(invocation, await loadWhole(invocation), async (pass) => {
      const { print, printsToTerminal, tell, output, verbosity, options, signal } = invocation
      const planned = await eachBranch(pass, invocation, async ({ target, plan }) => ({
        target,
        plan: await plan(signal),
      }))
      const branches = planned.done.flatMap(branchesOf)
      const { pending, failures } = reportOf(pass, planned)
      tellWarnings([...oddities(planned.done), ...unplaced(planned.done)], invocation)
      if (output === 'json') print(`${JSON.stringify({ branches, pending, failures })}\n`)
      else {
        // A file may be anybody's. What is piped elsewhere stays a diff to apply.
        print(printsToTerminal ? steeringNothing(textOf(branches)) : textOf(branches))
        if (verbosity !== 'quiet') tell(pendingText(pending))
        tellFailures(failures, tell)
      }
      if (failures.length > 0) return EXIT.failed
      const differs = branches.some(({ changes }) => changes.length > 0)
      return differs && options['exit-code'] === true ? EXIT.differs : EXIT.done
    }),
}

/** One diff that programs apply. Where several branches have a part in it, a line that they pass over says which. */
function textOf(branches: ReturnType<typeof branchesOf>): string {
  const differing = branches.filter(({ diff }) => diff !== '')
  const title = ({ git, branch }: (typeof branches)[number]) => (branches.length > 1 ? `# ${git} ${branch}\n` : '')
  return differing.map((branch) => `${title(branch)}${branch.diff}`).join('')
}

/** A branch without changes is told, too. */
function branchesOf({ target: { git, branch }, plan }: Planned) {
  const base = plan.snapshot.commit
  if (plan.deliveries.length === 0) return [{ git, branch, base, diff: '', changes: [] }]
  return plan.deliveries.map((delivery) => ({
    git,
    branch: delivery.branch,
    base,
    diff: delivery.files.map(({ path, before, after }) => unifiedDiff(path, before, after)).join(''),
    changes: changesOf(delivery),
  }))
}

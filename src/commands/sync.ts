import { oneLine } from '../telemetry/one-line.js'
import type { Reconciliation } from '../updaters/reconcile.js'
import type { UpdateTarget } from '../updaters/target.js'
import { type Command, EXIT, type Invocation } from './command.js'
import { loadWhole } from './load-whole.js'
import { eachBranch, lookAtAll, type Pass } from './pass.js'
import { changesOf, oddities, type Pending, pendingText, reportOf, tellFailures, unplaced } from './report.js'
import { tellWarnings } from './warnings.js'

/** One full pass: look at every repository, bring every branch up to date, exit. */
export const sync: Command = {
  async run(invocation) {
    return lookAtAll(invocation, await loadWhole(invocation), (pass) => syncAll(pass, invocation), { keeps: true })
  },
}

async function syncAll(pass: Pass, invocation: Invocation): Promise<number> {
  const branches = await eachBranch(pass, invocation, async ({ target, reconcile }) => ({
    target,
    ...(await reconcile(invocation.signal)),
  }))
  const commits = branches.done.flatMap(commitOf)
  const { pending, failures } = reportOf(pass, branches)
  const { print, tell, output, verbosity } = invocation
  tellWarnings([...oddities(branches.done), ...unplaced(branches.done)], invocation)
  if (output === 'json') print(`${JSON.stringify({ commits, pending, failures })}\n`)
  else {
    if (verbosity !== 'quiet') print(textOf(commits, pending))
    tellFailures(failures, tell)
  }
  return failures.length === 0 ? EXIT.done : EXIT.failed
}

type CommitReport = ReturnType<typeof commitOf>[number]

function commitOf({ target: { git }, commits }: Reconciliation & { readonly target: UpdateTarget }) {
  return commits.map((commit) => ({ git, branch: commit.branch, commit: commit.oid, changes: changesOf(commit) }))
}

function textOf(commits: readonly CommitReport[], pending: readonly Pending[]): string {
  const lines = commits.flatMap(({ git, branch, commit, changes }) => [
    `${git} ${branch}: ${commit}`,
    ...changes.map(({ policy, file, line, from, to }) => `  ${file}:${line}: ${policy} ${from || 'untagged'} → ${to}`),
  ])
  if (commits.length === 0) lines.push('Nothing to commit')
  return `${lines.map(oneLine).join('\n')}\n${pendingText(pending)}`
}

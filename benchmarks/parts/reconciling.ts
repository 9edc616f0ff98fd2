import { join } from 'node:path'
import { parseRepository, repositoryKey } from '../../src/image/repository.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { fileMatcher } from '../../src/updaters/files.js'
import { openGitRepository } from '../../src/updaters/git/open.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { reachOf } from '../../src/updaters/reach.js'
import { createReconciler } from '../../src/updaters/reconcile.js'
import { createScanner } from '../../src/updaters/scan.js'
import { openScanMemory } from '../../src/updaters/scan-memory.js'
import type { WritingPolicy } from '../../src/updaters/target.js'
import { appAt } from './fleet.js'
import { serve } from './worker.js'

/** Select this tag for the first app, then bring the branch up to date. */
export interface UpdateOrder {
  readonly tag: string
}

export interface UpdateResult {
  readonly commit: string | undefined
  readonly changes: number
}

/** A reconciler as the service makes it, alone in a process. Opened by the first order, whose cost includes that. */
const [url = '', state = '', policies = '', file = ''] = process.argv.slice(2)
/** Default: all that may have places. */
const files = file === '' ? undefined : [file]
const RULE = 'benchmark'
const jobs = memoryJobs({ clock: systemClock, random: Math.random })
const writing = Array.from({ length: Number(policies) }, (_, index) => policyOf(index))
let opened: Promise<ReturnType<typeof createReconciler>> | undefined

for (const policy of writing) await select(policy, '1.0.0')
serve<UpdateOrder, UpdateResult>(async ({ tag }) => {
  const [first] = writing
  if (first !== undefined) await select(first, tag)
  opened ??= open()
  const { plan, commits } = await (await opened).reconcile(AbortSignal.timeout(170_000))
  return { commit: commits[0]?.oid, changes: plan.changes.length }
}, jobs.stop)

async function open() {
  const clock = systemClock
  const repository = openGitRepository({ url, stateFolder: join(state, 'git'), clock })
  const index = await openPlaceIndex(join(state, 'places', 'fleet.jsonl'))
  const memory = openScanMemory(join(state, 'places', 'fleet.json'), files)
  return createReconciler({
    target: {
      git: 'fleet',
      branch: 'main',
      author: { name: 'Tidemark', email: 'tidemark@example.com' },
      policies: writing,
      otherPolicies: new Set(),
    },
    intervalMs: 60_000,
    repository,
    scanner: createScanner(repository, index, fileMatcher(files), () => [], reachOf(files), memory),
    jobs,
    clock,
    random: Math.random,
    onRetry: () => {},
  })
}

function policyOf(index: number): WritingPolicy {
  const { image } = appAt(index)
  return {
    name: `app-${index}`,
    image,
    repository: parseRepository(image),
    rule: RULE,
    writesTo: fileMatcher(files),
    downgrade: 'never',
    policy: semverPolicy('*'),
    digest: 'none',
    tellsStanding: false,
  }
}

async function select({ name, repository }: WritingPolicy, tag: string): Promise<void> {
  const firstSeenAt = systemClock.now()
  await jobs.selections.set(name, { version: 1, repository: repositoryKey(repository), rule: RULE, tag, firstSeenAt })
}

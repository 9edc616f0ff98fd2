import { join } from 'node:path'
import { parseRepository, repositoryKey } from '../../src/image/repository.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { systemClock } from '../../src/lifecycle/clock.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { fileMatcher } from '../../src/updaters/files.js'
import { openGitRepository } from '../../src/updaters/git/open.js'
import type { Commit } from '../../src/updaters/git/repository.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { reachOf } from '../../src/updaters/reach.js'
import { createReconciler } from '../../src/updaters/reconcile.js'
import { createReverts } from '../../src/updaters/reverts/reverts.js'
import { createScanner } from '../../src/updaters/scan.js'
import { openScanMemory } from '../../src/updaters/scan-memory.js'
import type { WritingPolicy } from '../../src/updaters/target.js'
import { appAt } from './fleet.js'
import { serve } from './worker.js'

export type WriteOrder =
  /** Select this tag for so many apps, then bring the branch up to date. */
  | { readonly type: 'update'; readonly tag: string; readonly images: number }
  /** Make a commit upon the branch as it is now; then push it, although somebody else was faster. */
  | { readonly type: 'commit' | 'lose' }

/** How many changes were written, or how often a push was refused. */
export type WriteResult = number

/** A reconciler as the service makes it, alone in a process. Opened by the first order, whose cost includes that. */
const [url = '', state = '', policies = '', named = '', login = 'null'] = process.argv.slice(2)
/** Default: all that may have places. Else each policy names the one file that has its image. */
const files = named === '' ? undefined : Array.from({ length: Number(policies) }, (_, index) => appAt(index).file)
const RULE = 'benchmark'
const AUTHOR = { name: 'Tidemark', email: 'tidemark@example.com' }
const jobs = memoryJobs({ clock: systemClock, random: Math.random })
const writing = Array.from({ length: Number(policies) }, (_, index) => policyOf(index))
let opened: ReturnType<typeof open> | undefined
let late: Commit | undefined

for (const policy of writing) await select(policy, '1.0.0')
serve<WriteOrder, WriteResult>(async (order) => {
  opened ??= open()
  const { repository, reconciler } = await opened
  const signal = AbortSignal.timeout(170_000)
  if (order.type === 'update') {
    for (const policy of writing.slice(0, order.images)) await select(policy, order.tag)
    return (await reconciler.reconcile(signal)).plan.changes.length
  }
  if (order.type === 'commit') {
    const changes = [{ path: appAt(0).file, bytes: Buffer.from('late: true\n') }]
    const details = { message: 'Late', author: AUTHOR, time: Math.floor(Date.now() / 1000) }
    late = await repository.commit(await repository.head('main', { signal }), changes, details)
    return 0
  }
  if (late === undefined) return 0
  return repository.push(late, { signal }).then(
    () => 0,
    (error) => Number(error.code === 'STALE'),
  )
}, jobs.stop)

async function open() {
  const clock = systemClock
  const repository = openGitRepository({
    url,
    stateFolder: join(state, 'git'),
    credentials: JSON.parse(login) ?? undefined,
    clock,
  })
  const index = await openPlaceIndex(join(state, 'places', 'fleet.jsonl'))
  const memory = openScanMemory(join(state, 'places', 'fleet.json'), files)
  const target = { git: 'fleet', branch: 'main', author: AUTHOR, policies: writing, otherPolicies: new Set<string>() }
  const reconciler = createReconciler({
    target,
    intervalMs: 60_000,
    repository,
    scanner: createScanner(repository, index, fileMatcher(files), () => [], reachOf(files), memory),
    // As long as there is any history, so that all of it counts.
    reverts: createReverts({ repository, index, target, withinMs: systemClock.now(), clock }),
    jobs,
    clock,
    random: Math.random,
    onRetry: () => {},
  })
  return { repository, reconciler }
}

function policyOf(index: number): WritingPolicy {
  const { image, file } = appAt(index)
  return {
    name: `app-${index}`,
    image,
    repository: parseRepository(image),
    rule: RULE,
    writesTo: fileMatcher(named === '' ? undefined : [file]),
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

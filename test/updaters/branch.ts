import { join } from 'node:path'
import { parseRepository } from '../../src/image/repository.js'
import type { Jobs } from '../../src/jobs/jobs.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { type Clock, systemClock } from '../../src/lifecycle/clock.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { fileMatcher } from '../../src/updaters/files.js'
import { openGitRepository } from '../../src/updaters/git/open.js'
import type { GitRepository } from '../../src/updaters/git/repository.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import type { AskProvenance } from '../../src/updaters/provenance.js'
import { createReconciler, type Reconciler } from '../../src/updaters/reconcile.js'
import { createScanner } from '../../src/updaters/scan.js'
import type { UpdateTarget, WritingPolicy } from '../../src/updaters/target.js'

export const IMAGE = 'ghcr.io/org/app'

/** Real time without its pauses: how long they are is tested elsewhere. */
const hurried: Clock = { now: systemClock.now, after: (_, run) => systemClock.after(0, run) }

export interface TestBranch {
  readonly reconciler: Reconciler
  readonly jobs: Jobs
  /** Blobs that were read from Git, oldest first. */
  readonly read: string[]
  readonly retries: string[]
  /** What happens between the computing of an update and its push: where others are faster. */
  beforePush: () => Promise<unknown>
  /** Makes the policy select this tag. */
  select(tag: string, digest?: string): Promise<void>
}

/** A branch of a real Git repository and one policy `app` that writes to it, everything real but the registry. */
export async function openBranch(
  url: string,
  state: string,
  files?: readonly string[],
  askProvenance?: AskProvenance,
  more: Partial<WritingPolicy> = {},
): Promise<TestBranch> {
  const jobs = memoryJobs({ clock: systemClock, random: Math.random })
  const repository = openGitRepository({ url, stateFolder: join(state, 'git'), clock: systemClock })
  const read: string[] = []
  const counted: GitRepository = {
    ...repository,
    readBlobs(oids, options) {
      read.push(...oids)
      return repository.readBlobs(oids, options)
    },
    async push(commit, options) {
      await branch.beforePush()
      await repository.push(commit, options)
    },
  }
  const writesTo = fileMatcher(files)
  const target: UpdateTarget = {
    git: 'fleet',
    branch: 'main',
    author: { name: 'Tidemark', email: 'tidemark@localhost' },
    otherPolicies: new Set(),
    policies: [
      {
        name: 'app',
        image: IMAGE,
        repository: parseRepository(IMAGE),
        rule: '*',
        writesTo,
        downgrade: 'never',
        policy: semverPolicy('*'),
        digest: 'none',
        tellsStanding: false,
        ...more,
      },
    ],
  }
  const retries: string[] = []
  const reconciler = createReconciler({
    target,
    intervalMs: 60_000,
    repository: counted,
    scanner: createScanner(counted, await openPlaceIndex(join(state, 'places.jsonl')), writesTo),
    jobs,
    askProvenance,
    clock: hurried,
    random: Math.random,
    onRetry: ({ reason }) => retries.push(reason),
  })
  const branch: TestBranch = {
    reconciler,
    jobs,
    read,
    retries,
    beforePush: async () => {},
    select: (tag, digest) =>
      jobs.selections.set('app', { version: 1, repository: IMAGE, rule: '*', tag, digest, firstSeenAt: Date.now() }),
  }
  return branch
}

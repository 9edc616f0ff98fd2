import { join } from 'node:path'
import { parseRepository } from '../../src/image/repository.js'
import { memoryJobs } from '../../src/jobs/memory.js'
import { type Clock, systemClock } from '../../src/lifecycle/clock.js'
import { semverPolicy } from '../../src/policies/semver.js'
import { branchNames } from '../../src/updaters/branch-name.js'
import { fileMatcher } from '../../src/updaters/files.js'
import { openGitRepository } from '../../src/updaters/git/open.js'
import type { GitRepository } from '../../src/updaters/git/repository.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import type { AskProvenance } from '../../src/updaters/provenance.js'
import { createReconciler, type Reconciler } from '../../src/updaters/reconcile.js'
import { createScanner } from '../../src/updaters/scan.js'
import type { UpdateTarget, WritingPolicy } from '../../src/updaters/target.js'

export interface WriterOptions {
  readonly url: string
  readonly state: string
  /** Their images are `ghcr.io/org/<name>`. */
  readonly policies: readonly string[]
  /** A template of the names of branches that are pushed to. */
  readonly branch?: string
  readonly options?: readonly string[]
  readonly policy?: Partial<WritingPolicy>
  readonly files?: readonly string[] | undefined
  readonly askProvenance?: AskProvenance | undefined
  /** Pauses as long as they are. Default: a tenth, for how long they are is tested elsewhere. */
  readonly clock?: Clock
  /** Puts something between it and the repository. */
  readonly wrap?: (repository: GitRepository) => GitRepository
  readonly target?: Partial<UpdateTarget>
}

export interface Writer {
  readonly reconciler: Reconciler
  readonly retries: string[]
  readonly repository: GitRepository
  readonly jobs: ReturnType<typeof memoryJobs>
  /** Makes the policy select this tag. */
  select(policy: string, tag: string, digest?: string): Promise<void>
}

const hurried: Clock = { now: systemClock.now, after: (ms, run) => systemClock.after(ms / 10, run) }

export const manifestOf = (policy: string, tag: string) => `kind: Pod\nimage: ghcr.io/org/${policy}:${tag}\n`

/** What writes to a branch `main` of a Git server, everything real but the registry. */
export async function openWriter(options: WriterOptions): Promise<Writer> {
  const { url, state, policies, branch, target: more } = options
  const jobs = memoryJobs({ clock: systemClock, random: Math.random })
  const opened = openGitRepository({ url, stateFolder: join(state, 'git'), clock: systemClock })
  const repository = options.wrap?.(opened) ?? opened
  const writesTo = fileMatcher(options.files)
  const imageOf = (name: string) => `ghcr.io/org/${name}`
  const target: UpdateTarget = {
    git: 'fleet',
    branch: 'main',
    author: { name: 'Tidemark', email: 'tidemark@localhost' },
    ...more,
    push: { options: options.options ?? [], branchFor: branch === undefined ? undefined : branchNames(branch) },
    otherPolicies: new Set(),
    policies: policies.map((name) => ({
      name,
      image: imageOf(name),
      repository: parseRepository(imageOf(name)),
      rule: '*',
      writesTo,
      downgrade: 'never',
      policy: semverPolicy('*'),
      digest: 'none',
      tellsStanding: false,
      ...options.policy,
    })),
  }
  const retries: string[] = []
  const reconciler = createReconciler({
    target,
    intervalMs: 60_000,
    repository,
    scanner: createScanner(repository, await openPlaceIndex(join(state, 'places.jsonl')), writesTo),
    jobs,
    askProvenance: options.askProvenance,
    clock: options.clock ?? hurried,
    random: Math.random,
    onRetry: ({ reason }) => retries.push(reason),
  })
  const select: Writer['select'] = (policy, tag, digest) =>
    jobs.selections.set(policy, { version: 1, repository: imageOf(policy), rule: '*', tag, digest, firstSeenAt: 7 })
  return { reconciler, retries, repository, jobs, select }
}

import { type Clock, systemClock } from '../../src/lifecycle/clock.js'
import type { AskProvenance } from '../../src/updaters/provenance.js'
import type { WritingPolicy } from '../../src/updaters/target.js'
import { openWriter, type Writer } from './writer.js'

export const IMAGE = 'ghcr.io/org/app'

/** Real time without its pauses: how long they are is tested elsewhere. */
const unpaused: Clock = { now: systemClock.now, after: (_, run) => systemClock.after(0, run) }

export interface TestBranch extends Pick<Writer, 'reconciler' | 'jobs' | 'retries'> {
  /** Blobs that were read from Git, oldest first. */
  readonly read: string[]
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
  policy: Partial<WritingPolicy> = {},
): Promise<TestBranch> {
  const read: string[] = []
  const writer = await openWriter({
    url,
    state,
    policies: ['app'],
    files,
    askProvenance,
    policy,
    clock: unpaused,
    wrap: (repository) => ({
      ...repository,
      readBlobs(oids, options) {
        read.push(...oids)
        return repository.readBlobs(oids, options)
      },
      async push(commit, options) {
        await branch.beforePush()
        await repository.push(commit, options)
      },
    }),
  })
  const { reconciler, jobs, retries } = writer
  const select: TestBranch['select'] = (tag, digest) => writer.select('app', tag, digest)
  const branch: TestBranch = { reconciler, jobs, retries, read, beforePush: async () => {}, select }
  return branch
}

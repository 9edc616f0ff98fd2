import { oneLine } from '../telemetry/one-line.js'
import { isWaiting } from '../updaters/judgement.js'
import type { BranchPlan } from '../updaters/plan.js'
import type { UpdateTarget } from '../updaters/target.js'
import type { Invocation } from './command.js'
import type { Branches, Failure, Pass } from './pass.js'

/** What `sync` and `plan` both tell of what was not written, in the shape that programs read. */
export interface Report {
  readonly pending: readonly Pending[]
  readonly failures: readonly Failure[]
}

export interface Pending {
  readonly policy: string
  readonly git: string
  readonly file: string
  readonly line: number
  readonly reason: string
}

export interface PlannedBranch {
  readonly target: UpdateTarget
  readonly plan: BranchPlan
}

export function reportOf(pass: Pass, branches: Branches<PlannedBranch>): Report {
  const places = branches.done.flatMap(({ plan, target: { git } }) => plan.places.map((place) => ({ ...place, git })))
  return {
    pending: places
      .filter(isWaiting)
      .map(({ policy, git, file, line, reason }) => ({ policy, git, file, line, reason })),
    failures: [
      ...pass.failures,
      ...branches.failures,
      // Places that could not be written although they should be.
      ...places
        .filter(({ state }) => state === 'failing')
        .map(({ policy, git, file, line, reason }) => ({ policy, git, reason: `${file}:${line}: ${reason}` })),
    ],
  }
}

/** What waits, a line each, for a person. */
export function pendingText(pending: readonly Pending[]): string {
  return pending
    .map(
      ({ policy, git, file, line, reason }) => `${oneLine(`waiting: ${git} ${file}:${line}: ${policy}: ${reason}`)}\n`,
    )
    .join('')
}

/** What failed, for a person. */
export function tellFailures(failures: readonly Failure[], tell: Invocation['tell']): void {
  for (const { policy, git, reason } of failures) {
    const subject = [policy, git].filter((part) => part !== undefined).join(' in ')
    tell(`${oneLine(`failed: ${subject}: ${reason}`)}\n`)
  }
}

/** What is odd in the files of the branches, such as a marker that names no policy. */
export function oddities(branches: readonly PlannedBranch[]): readonly string[] {
  return branches.flatMap(({ target: { git }, plan }) =>
    plan.warnings.map(({ file, line, message }) => `${git} ${file}:${line}: ${message}`),
  )
}

/** Policies that have no place in a branch that they write to. */
export function unplaced(branches: readonly PlannedBranch[]): readonly string[] {
  return branches.flatMap(({ target: { git }, plan }) =>
    plan.unplaced.map((policy) => `${git}: policy "${policy}" finds no place to write to`),
  )
}

/** The changes of a plan or a commit, in the shape that programs read. */
export function changesOf({ changes }: Pick<BranchPlan, 'changes'>) {
  return changes.map(({ policy, file, line, from, to }) => ({ policy, file, line, from, to }))
}

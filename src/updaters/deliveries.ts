import { reasonOf } from '../error.js'
import { groupBy } from '../group-by.js'
import { choiceFor } from '../jobs/selection.js'
import { oneLine } from '../telemetry/one-line.js'
import { TemplateError } from '../template.js'
import type { Change } from './commit-message.js'
import type { GitRepository, PastCommit, PushOptions } from './git/repository.js'
import type { JudgedPlace, Known } from './judgement.js'
import { ManifestError } from './manifests/errors.js'
import { spliceManifest } from './manifests/splice.js'
import { lookAtOwnBranch } from './own-branch.js'
import { type BranchPlan, changeAt, type FileEdit } from './plan.js'
import type { UpdateTarget } from './target.js'

/** What becomes one commit upon the snapshot of a plan, and where that is pushed to. */
export interface Delivery {
  readonly branch: string
  /** Absent: to the branch that was read. */
  readonly onto?: PushOptions['onto']
  readonly places: readonly JudgedPlace[]
  readonly files: readonly FileEdit[]
  readonly changes: readonly Change[]
}

export interface Deliveries {
  /** The plan of what is delivered: what waits on a branch of our own already is no part of it. */
  readonly plan: BranchPlan
  /** That to the branch that was read comes last: what refuses it keeps no other back. */
  readonly deliveries: readonly Delivery[]
}

/** Divides a plan by the branches that its changes are pushed to, and looks at those of our own. Throws `GitError`. */
export async function deliveriesOf(
  plan: BranchPlan,
  known: Known,
  { target, repository }: { readonly target: UpdateTarget; readonly repository: GitRepository },
  signal: AbortSignal,
): Promise<Deliveries> {
  const { branchFor } = target.push ?? {}
  const due = plan.places.filter(({ edit }) => edit !== undefined)
  if (branchFor === undefined || due.length === 0) {
    const { files, changes } = plan
    return { plan, deliveries: due.length === 0 ? [] : [{ branch: target.branch, places: due, files, changes }] }
  }

  const after = new Map<JudgedPlace, JudgedPlace>()
  const deliveries: Delivery[] = []
  const tagOf = ({ policy, tag, desired }: JudgedPlace) =>
    choiceFor(known.selections.get(policy), tag)?.tag ?? desired ?? ''
  for (const [branch, places] of [...groupBy(due, nameOf)].sort(byName(target.branch))) {
    const settle = (verdict: (place: JudgedPlace) => Verdict) => {
      for (const place of places) after.set(place, settled(place, verdict(place)))
    }
    try {
      if (branch === undefined) throw new TemplateError('CANNOT_RENDER', 'Cannot name its branch: the name is empty')
      const files = filesOf(places, plan.files)
      const delivery = { branch, places, files, changes: places.flatMap(changeAt) }
      const own = branch === target.branch ? undefined : await lookAtOwn(branch, files)
      if (own === undefined) deliveries.push(delivery)
      else if (own.state === 'ready') settle((place) => unmerged(place, branch))
      else if (own.state === 'foreign') settle((place) => foreign(place, branch, own.commit))
      else deliveries.push({ ...delivery, onto: { branch, replaces: 'commit' in own ? own.commit : undefined } })
    } catch (error) {
      if (!(error instanceof ManifestError) && !(error instanceof TemplateError)) throw error
      settle(() => unwritable(reasonOf(error)))
    }
  }
  return {
    plan: only(deliveries, { ...plan, places: plan.places.map((place) => after.get(place) ?? place) }),
    deliveries,
  }

  function lookAtOwn(branch: string, files: readonly FileEdit[]) {
    const { email: committer } = target.committer ?? target.author
    return lookAtOwnBranch(repository, { branch, files, committer }, signal)
  }

  function nameOf(place: JudgedPlace): string | undefined {
    const { policy, image } = place
    return branchFor?.({ policy, image, tag: tagOf(place), branch: target.branch, git: target.git }) || undefined
  }
}

/** The plan once these were delivered, or could not be. What went to a branch of our own does not stand where it is read. */
export function afterDelivery(plan: BranchPlan, { branch, ...delivery }: Delivery, refusal?: string): BranchPlan {
  const delivered = new Set(delivery.places)
  const verdictOf = (place: JudgedPlace) => (refusal === undefined ? unmerged(place, branch) : unwritable(refusal))
  const places = plan.places.map((place) => (delivered.has(place) ? settled(place, verdictOf(place)) : place))
  return { ...plan, places }
}

type Verdict = Pick<JudgedPlace, 'state' | 'reason' | 'obstacle'>

function unmerged({ desired }: JudgedPlace, branch: string): Verdict {
  return { state: 'pending', reason: `${desired} is on branch "${branch}", not merged yet`, obstacle: 'unmerged' }
}

function foreign({ desired }: JudgedPlace, branch: string, { oid, committer }: PastCommit): Verdict {
  const last = oneLine(`commit ${oid.slice(0, 7)} of ${committer.name || committer.email || 'somebody'}`).slice(0, 100)
  const reason = `${desired} waits: branch "${branch}" ends with ${last}, which is not written over`
  return { state: 'held', reason, obstacle: 'unmerged' }
}

function unwritable(reason: string): Verdict {
  return { state: 'failing', reason, obstacle: 'unwritable' }
}

function settled({ edit: _, ...place }: JudgedPlace, verdict: Verdict): JudgedPlace {
  return { ...place, ...verdict }
}

function filesOf(places: readonly JudgedPlace[], files: readonly FileEdit[]): readonly FileEdit[] {
  const byFile = groupBy(places, ({ file }) => file)
  return files.flatMap(({ path, before }) => {
    const edits = (byFile.get(path) ?? []).flatMap(({ edit }) => edit ?? [])
    return edits.length === 0 ? [] : [{ path, before, after: spliceManifest(path, before, edits) }]
  })
}

function only(deliveries: readonly Delivery[], plan: BranchPlan): BranchPlan {
  return {
    ...plan,
    files: deliveries.flatMap(({ files }) => files),
    changes: deliveries.flatMap(({ changes }) => changes),
  }
}

function byName(
  last: string,
): (a: readonly [string | undefined, unknown], b: readonly [string | undefined, unknown]) => number {
  const rank = (name = '') => `${name === last ? 1 : 0}${name}`
  return ([a], [b]) => (rank(a) < rank(b) ? -1 : 1)
}

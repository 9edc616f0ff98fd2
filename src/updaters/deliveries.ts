import { groupBy } from '../group-by.js'
import { choiceFor } from '../jobs/selection.js'
import { oneLine } from '../telemetry/one-line.js'
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

/** Without what is on a branch of our own already. */
export interface DeliveryPlan extends BranchPlan {
  /** That to the branch that was read comes last: what refuses it keeps no other back. */
  readonly deliveries: readonly Delivery[]
}

interface Context {
  readonly target: UpdateTarget
  readonly repository: GitRepository
}

/** Divides a plan by the branches that its changes are pushed to, and looks at those of our own. Throws `GitError`. */
export async function deliveriesOf(
  plan: BranchPlan,
  known: Known,
  context: Context,
  signal: AbortSignal,
): Promise<DeliveryPlan> {
  const { branch, push } = context.target
  const due = plan.places.filter(({ edit }) => edit !== undefined)
  if (due.length === 0) return { ...plan, deliveries: [] }
  if (push?.branchFor === undefined) {
    const { files, changes } = plan
    return { ...plan, deliveries: [{ branch, places: due, files, changes }] }
  }

  const after = new Map<JudgedPlace, JudgedPlace>()
  const deliveries: Delivery[] = []
  const byBranch = groupBy(due, (place) => branchOf(place, known, context.target))
  for (const [name, places] of [...byBranch].sort(byName(branch))) {
    const found = await deliveryTo(name, places, plan, context, signal)
    if (typeof found === 'object') deliveries.push(found)
    else for (const place of places) after.set(place, settled(place, found(place)))
  }
  const places = plan.places.map((place) => after.get(place) ?? place)
  const files = deliveries.flatMap((delivery) => delivery.files)
  const changes = deliveries.flatMap((delivery) => delivery.changes)
  return { ...plan, places, files, changes, deliveries }
}

/** The plan once these were delivered, or could not be. What went to a branch of our own does not stand where it is read. */
export function afterDelivery(plan: BranchPlan, { branch, ...delivery }: Delivery, refusal?: string): BranchPlan {
  const delivered = new Set(delivery.places)
  const verdictOf = (place: JudgedPlace) => (refusal === undefined ? unmerged(place, branch) : unwritable(refusal))
  const places = plan.places.map((place) => (delivered.has(place) ? settled(place, verdictOf(place)) : place))
  return { ...plan, places }
}

type Verdict = Pick<JudgedPlace, 'state' | 'reason' | 'obstacle'>

function branchOf(place: JudgedPlace, { selections }: Known, { push, branch, git }: UpdateTarget): string {
  const { policy, image, desired = '' } = place
  const tag = choiceFor(selections.get(policy), place.tag)?.tag ?? desired
  return push?.branchFor?.({ policy, image, tag, branch, git }) ?? branch
}

/** What is to be pushed to a branch for these places, or what is to be said of each where nothing is. */
async function deliveryTo(
  branch: string,
  places: readonly JudgedPlace[],
  plan: BranchPlan,
  { target, repository }: Context,
  signal: AbortSignal,
): Promise<Delivery | ((place: JudgedPlace) => Verdict)> {
  if (branch === '') return () => unwritable('Cannot name its branch: the name is empty')
  const files = filesOf(places, plan.files)
  if (typeof files === 'string') return () => unwritable(files)
  const delivery = { branch, places, files, changes: places.flatMap(changeAt) }
  if (branch === target.branch) return delivery

  const { email: committer } = target.committer ?? target.author
  const own = await lookAtOwnBranch(repository, { branch, base: plan.snapshot.commit, files, committer }, signal)
  switch (own.state) {
    case 'absent':
      return { ...delivery, onto: { branch } }
    case 'outdated':
      return { ...delivery, onto: { branch, replaces: own.commit } }
    case 'ready':
      return (place) => unmerged(place, branch)
    case 'foreign':
      return (place) => foreign(place, branch, own.commit)
  }
}

/** The files with these changes alone, or why one cannot be edited so. */
function filesOf(places: readonly JudgedPlace[], files: readonly FileEdit[]): readonly FileEdit[] | string {
  const byFile = groupBy(places, ({ file }) => file)
  try {
    return files.flatMap(({ path, before }) => {
      const edits = (byFile.get(path) ?? []).flatMap(({ edit }) => edit ?? [])
      return edits.length === 0 ? [] : [{ path, before, after: spliceManifest(path, before, edits) }]
    })
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error
    return error.message
  }
}

function unmerged({ desired }: JudgedPlace, branch: string): Verdict {
  return { state: 'pending', reason: `${desired} is on branch "${branch}", not merged yet`, obstacle: 'unmerged' }
}

function foreign({ desired }: JudgedPlace, branch: string, { oid, committer }: PastCommit): Verdict {
  const last = oneLine(`commit ${oid.slice(0, 7)} of ${committer.name || committer.email || 'somebody'}`).slice(0, 100)
  const reason = `${desired} waits: branch "${branch}" ends with ${last}, which was not made for it and is not written over`
  return { state: 'held', reason, obstacle: 'unmerged' }
}

function unwritable(reason: string): Verdict {
  return { state: 'failing', reason, obstacle: 'unwritable' }
}

function settled({ edit: _, ...place }: JudgedPlace, verdict: Verdict): JudgedPlace {
  return { ...place, ...verdict }
}

/** By name, and this one last. */
function byName(last: string): (a: readonly [string, unknown], b: readonly [string, unknown]) => number {
  const rank = (name: string) => `${name === last ? 1 : 0}${name}`
  return ([a], [b]) => (rank(a) < rank(b) ? -1 : 1)
}

import type { Selection } from '../jobs/payloads.js'
import { choicesOf } from '../jobs/selection.js'
import type { LookReport } from '../jobs/shown.js'
import type { Target, WatchedPolicy } from '../watchers/watch.js'
import type { ReadBranch } from './branches.js'
import type { PolicyState, PolicySummary } from './status.js'

/** What is known of a policy. */
export interface PolicyView {
  /** Absent where it has selected nothing by the rule that it has now. */
  readonly selection: Selection | undefined
  readonly look: LookReport | undefined
  readonly branches: readonly { readonly target: Target; readonly read: ReadBranch | undefined }[]
}

type Reasoned = Pick<PolicySummary, 'state' | 'reason'>

/** From the worst to the best. */
const STATES: readonly PolicyState[] = ['failing', 'held', 'pending', 'unknown', 'current', 'watched']

/** The worst of what is known, and why. */
export function policyState(policy: WatchedPolicy, view: PolicyView): Reasoned {
  const found = [...lookState(view.look), ...selectionState(view.selection), ...placeStates(policy, view)]
  const [worst] = found.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state))
  return worst ?? watchedState(view.selection)
}

function lookState(look: LookReport | undefined): readonly Reasoned[] {
  if (look?.reason === undefined) return []
  if (look.outcome === 'failed') return [{ state: 'failing', reason: look.reason }]
  return look.outcome === 'suspect' ? [{ state: 'pending', reason: look.reason }] : []
}

function selectionState(selection: Selection | undefined): readonly Reasoned[] {
  if (selection === undefined) return [{ state: 'unknown', reason: 'the repository has not been looked at yet' }]
  const choices = choicesOf(selection)
  const none = choices.length > 0 && choices.every(({ tag }) => tag === undefined)
  return none ? [{ state: 'held', reason: choices[0]?.reason ?? 'no tag qualifies' }] : []
}

function placeStates({ name, targets }: WatchedPolicy, { branches }: PolicyView): readonly Reasoned[] {
  return branches.flatMap(({ target, read }): readonly Reasoned[] => {
    const where = targets.length > 1 ? `${target.git} ${target.branch}: ` : ''
    const { failure } = read?.status ?? {}
    if (failure !== undefined) return [{ state: 'failing', reason: `${where}${failure.reason}` }]
    const placed = read?.placed.get(name)
    if (placed === undefined) return [{ state: 'unknown', reason: `${where}the branch has not been looked at yet` }]
    return [{ state: placed.state, reason: `${where}${placed.reason}` }]
  })
}

function watchedState(selection: Selection | undefined): Reasoned {
  const tags = selection === undefined ? [] : choicesOf(selection).flatMap(({ tag }) => tag ?? [])
  const [block] = selection === undefined ? [] : choicesOf(selection).flatMap(({ block }) => block ?? [])
  const waits = block === undefined ? '' : `, which waits: ${block.reason}`
  return { state: 'watched', reason: `writes nowhere, and selects ${tags.join(', ')}${waits}` }
}

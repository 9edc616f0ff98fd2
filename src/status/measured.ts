import type { Jobs } from '../jobs/jobs.js'
import { choicesOf, isMadeBy } from '../jobs/selection.js'
import { branchKey } from '../jobs/shown.js'
import type { Measured } from '../telemetry/metrics.js'
import type { Configured } from './board.js'

/** Tags of one policy that are told apart: more of them stand in Git only where it is in a mess, and each is text of a registry. */
const MOST_TAGS = 5

/** What all processes have noted of what is configured now, to be measured by each of them. */
export function measuredBy(
  jobs: Pick<Jobs, 'polls' | 'updates' | 'notices' | 'selections' | 'shown'>,
  configured: () => Configured,
): Measured {
  return {
    queues: {
      polls: () => jobs.polls.counts(),
      updates: () => jobs.updates.counts(),
      notices: () => jobs.notices.counts(),
    },
    async selections() {
      const policies = policiesOf(configured())
      const selections = await jobs.selections.getAll(policies.map(({ name }) => name))
      return policies.flatMap((policy) => {
        const selection = selections.get(policy.name)
        if (!isMadeBy(policy, selection)) return []
        // What follows what stands in Git may follow several.
        const tags = new Set(choicesOf(selection).flatMap(({ tag }) => tag ?? []))
        return [{ policy: policy.name, image: policy.image, selected: [...tags].sort().slice(0, MOST_TAGS).join(',') }]
      })
    },
    async waiting() {
      const { branches } = configured()
      const names = new Set(policiesOf(configured()).map(({ name }) => name))
      const reports = await jobs.shown.branches.getAll(branches.map(branchKey))
      const waiting = [...reports.values()].flatMap((report) => report.waiting ?? [])
      // An older policy file may have had other policies.
      return waiting.filter(({ policy }) => names.has(policy))
    },
  }
}

function policiesOf({ watches }: Configured) {
  return [...watches.values()].flatMap((watch) => watch.policies)
}

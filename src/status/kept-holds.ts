import type { HeldTag, PolicyHolds } from '../jobs/holds.js'
import type { Jobs } from '../jobs/jobs.js'
import type { Clock } from '../lifecycle/clock.js'
import { oneLine } from '../telemetry/one-line.js'
import { type Hold, type Holds, MOST_HOLDS } from './holds.js'

export interface KeptHoldsOptions {
  readonly jobs: Pick<Jobs, 'holds'>
  readonly clock: Clock
  /** Is told of what was set or lifted, so that it is seen and acted upon at once. */
  readonly onChange: (policy: string) => Promise<void>
}

const MOST_RELEASES = 100

const NONE: PolicyHolds = { version: 1, holds: [], releases: [] }

/** Holds in the records that processes share. */
export function keptHolds({ jobs: { holds }, clock, onChange }: KeptHoldsOptions): Holds {
  // What two people say at once is kept of both.
  let turn: Promise<unknown> = Promise.resolve()

  function change<T>(policy: string, make: (before: PolicyHolds) => readonly [PolicyHolds, T]): Promise<T> {
    const changed = turn.then(async () => {
      const [after, answer] = make((await holds.get(policy)) ?? NONE)
      await holds.set(policy, after)
      await onChange(policy)
      return answer
    })
    turn = changed.catch(() => {})
    return changed
  }

  const isOn = ({ until }: HeldTag) => until === undefined || clock.now() < until

  return {
    list: async (policy) => ((await holds.get(policy))?.holds ?? []).filter(isOn),

    set: (policy, hold) =>
      change(policy, (before) => {
        const others = before.holds.filter((other) => other.tag !== hold.tag && isOn(other))
        const releases = before.releases.filter(({ tag }) => hold.tag !== undefined && tag !== hold.tag)
        return [{ version: 1, holds: [keptAs(hold), ...others].slice(0, MOST_HOLDS), releases }, undefined]
      }),

    release: (policy, tag) =>
      change(policy, (before) => {
        const stay = before.holds.filter((other) => isOn(other) && tag !== undefined && other.tag !== tag)
        const others = before.releases.filter((other) => tag !== undefined && other.tag !== tag)
        const releases = [{ ...(tag !== undefined && { tag }), at: clock.now() }, ...others].slice(0, MOST_RELEASES)
        return [{ version: 1, holds: stay, releases }, before.holds.filter(isOn).length > stay.length]
      }),
  }
}

function keptAs({ tag, reason, at, until }: Hold): HeldTag {
  return { ...(tag !== undefined && { tag }), reason: oneLine(reason), at, ...(until !== undefined && { until }) }
}

import { groupBy } from '../group-by.js'
import { type Repository, repositoryKey } from '../image/repository.js'
import type { Gate } from '../policies/gate.js'
import type { Policy } from '../policies/policy.js'
import type { CheckSignature } from './look.js'
import type { AgeFrom } from './sighting-book.js'

/** One repository that is looked at, for all the policies that watch it: one listing serves them all. */
export interface Watch {
  /** The canonical name of the repository. */
  readonly key: string
  readonly repository: Repository
  readonly policies: readonly WatchedPolicy[]
  /** The shortest interval that its policies ask for; undefined where all have cron schedules. */
  readonly intervalMs: number | undefined
  readonly crons: readonly CronSchedule[]
}

export interface WatchedPolicy {
  readonly name: string
  readonly image: string
  readonly repository: Repository
  readonly schedule: IntervalSchedule | CronSchedule
  /** The rule as text: a change of it makes what was selected before out of date. */
  readonly rule: string
  readonly policy: Policy
  /** What a tag must pass before it is written. */
  readonly gates: readonly Gate[]
  /** Whether the next best tag is taken where the best one does not pass. */
  readonly fallback: boolean
  /** Whether another digest under the selected tag is written too. */
  readonly follows: boolean
  readonly ageFrom: AgeFrom
  readonly checkSignature?: CheckSignature | undefined
  /** Of the policy that must have had a tag before: the keys of its standings. */
  readonly after: readonly string[]
  /** The Git branches that the policy writes to. */
  readonly targets: readonly Target[]
}

export interface IntervalSchedule {
  readonly type: 'interval'
  readonly intervalMs: number
}

export interface CronSchedule {
  readonly type: 'cron'
  readonly expression: string
  readonly timezone?: string | undefined
}

export interface Target {
  readonly git: string
  readonly branch: string
}

/** Groups policies by repository. */
export function watchesOf(policies: readonly WatchedPolicy[]): ReadonlyMap<string, Watch> {
  const groups = groupBy(policies, ({ repository }) => repositoryKey(repository))
  return new Map([...groups].map(([key, group]) => [key, watchOf(key, group)]))
}

function watchOf(key: string, policies: readonly WatchedPolicy[]): Watch {
  const [first] = policies
  if (first === undefined) throw new RangeError(`Cannot watch "${key}": no policy`)
  const intervals = policies.flatMap(({ schedule }) => (schedule.type === 'interval' ? [schedule.intervalMs] : []))
  const crons = policies.flatMap(({ schedule }) => (schedule.type === 'cron' ? [schedule] : []))
  return {
    key,
    repository: first.repository,
    policies,
    intervalMs: intervals.length === 0 ? undefined : Math.min(...intervals),
    crons: [...new Map(crons.map((cron) => [`${cron.expression} ${cron.timezone}`, cron])).values()],
  }
}

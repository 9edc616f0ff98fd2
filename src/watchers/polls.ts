import { reasonOf } from '../error.js'
import type { Jobs } from '../jobs/jobs.js'
import type { PollJob } from '../jobs/payloads.js'
import type { AddOptions } from '../jobs/queue.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { current } from '../lifecycle/current.js'
import { WITHIN_PERIOD } from '../lifecycle/wheel.js'
import { createAfterRest } from './after-rest.js'
import { createLateLists } from './late-lists.js'
import type { Poller } from './poll.js'
import { startSchedule } from './schedule.js'
import type { Watch } from './watch.js'

/** What is looked at, and by what. */
export interface Watching {
  readonly watches: ReadonlyMap<string, Watch>
  readonly poller: Poller
}

export interface PollsOptions extends Watching {
  readonly jobs: Pick<Jobs, 'polls' | 'watched'>
  readonly clock: Clock
  readonly random: () => number
  readonly onTrouble: (trouble: { readonly queue: string; readonly reason: string }) => void
}

export interface Polls extends Component {
  /**
   * Looks at these from now on: first at what is new or changed, at the others in their turn. Resolves when no look at
   * the former ones is under way any more.
   */
  follow(watching: Watching): Promise<void>
  /** Resolves when every repository that has an interval was looked at once, successfully or not. */
  readonly firstPass: Promise<void>
}

/**
 * Looks at one registry wait in its own line, and must not stand in the way of others while they do: so there is room for
 * one at every repository, however many there will be. A look that waits holds next to nothing.
 */
const CONCURRENCY = 100_000

/** Orders polls by schedule and works them off. */
export function startPolls({ watches, poller, jobs, clock, random, onTrouble }: PollsOptions): Polls {
  const unseen = new Set(
    [...watches.values()].filter(({ intervalMs }) => intervalMs !== undefined).map(({ key }) => key),
  )
  const order = (repository: string, trigger: PollJob['trigger'], options?: AddOptions) =>
    jobs.polls
      .add({ version: 1, repository, trigger }, options)
      .catch((error: unknown) => onTrouble({ queue: 'polls', reason: reasonOf(error) }))
  const afterRest = createAfterRest({
    look: (repository) => order(repository, 'event'),
    restUntil: async (repository) => (await jobs.watched.get(repository))?.restUntil,
    clock,
    random,
  })
  const lateLists = createLateLists({ look: (repository) => order(repository, 'event'), clock })
  const watching = current<Watching>({ watches, poller })
  let endFirstPass = () => {}
  const firstPass = new Promise<void>((resolve) => {
    endFirstPass = resolve
  })
  const seen = (repository?: string) => {
    if (repository !== undefined) unseen.delete(repository)
    if (unseen.size === 0) endFirstPass()
  }
  seen()
  jobs.polls.work(
    ({ repository, trigger }, { signal }) =>
      watching.use(async ({ watches, poller }) => {
        const watch = watches.get(repository)
        // An order from a process with another policy file names what is not watched here.
        if (watch === undefined) return
        try {
          const outcome = await poller.poll(watch, trigger, signal)
          if (trigger === 'event') {
            lateLists.note(repository, outcome)
            await afterRest.note(repository, outcome)
          }
        } finally {
          seen(repository)
        }
      }),
    CONCURRENCY,
  )

  const schedule = startSchedule(
    watches.values(),
    (watch, isNew) => {
      const once = watch.intervalMs === undefined || isNew ? {} : { atMostOncePerMs: watch.intervalMs * WITHIN_PERIOD }
      order(watch.key, 'schedule', once)
    },
    clock,
    random,
  )

  return {
    firstPass,
    follow(next) {
      for (const repository of [...unseen]) if (!next.watches.has(repository)) seen(repository)
      schedule.take(next.watches.values())
      return watching.replace(next)
    },
    async stop() {
      await schedule.stop()
      await jobs.polls.stop()
      afterRest.stop()
      lateLists.stop()
    },
  }
}

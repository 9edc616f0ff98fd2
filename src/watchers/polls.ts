import { reasonOf } from '../error.js'
import type { Jobs } from '../jobs/jobs.js'
import type { PollJob } from '../jobs/payloads.js'
import type { AddOptions } from '../jobs/queue.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { WITHIN_PERIOD } from '../lifecycle/wheel.js'
import { createAfterRest } from './after-rest.js'
import type { Poller } from './poll.js'
import { startSchedule } from './schedule.js'
import type { Watch } from './watch.js'

export interface PollsOptions {
  readonly watches: ReadonlyMap<string, Watch>
  readonly poller: Poller
  readonly jobs: Pick<Jobs, 'polls' | 'watched'>
  readonly clock: Clock
  readonly random: () => number
  readonly onTrouble: (trouble: { readonly queue: string; readonly reason: string }) => void
}

export interface Polls extends Component {
  /** Resolves when every repository that has an interval was looked at once, successfully or not. */
  readonly firstPass: Promise<void>
}

/**
 * Looks at one registry wait in its own line, and must not stand in the way of others while they do: so there is room for
 * one at every repository. A look that waits holds next to nothing.
 */
const LEAST_CONCURRENCY = 32

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
  const firstPass = new Promise<void>((resolve) => {
    if (unseen.size === 0) resolve()
    jobs.polls.work(
      async ({ repository, trigger }, { signal }) => {
        const watch = watches.get(repository)
        // An order from a process with another policy file names what is not watched here.
        if (watch === undefined) return
        try {
          const outcome = await poller.poll(watch, trigger, signal)
          if (trigger === 'event') await afterRest.note(repository, outcome)
        } finally {
          if (unseen.delete(repository) && unseen.size === 0) resolve()
        }
      },
      Math.max(LEAST_CONCURRENCY, watches.size),
    )
  })

  const schedule = startSchedule(
    watches.values(),
    (watch) => {
      const once = watch.intervalMs === undefined ? {} : { atMostOncePerMs: watch.intervalMs * WITHIN_PERIOD }
      order(watch.key, 'schedule', once)
    },
    clock,
    random,
  )

  return {
    firstPass,
    async stop() {
      await schedule.stop()
      await jobs.polls.stop()
      afterRest.stop()
    },
  }
}

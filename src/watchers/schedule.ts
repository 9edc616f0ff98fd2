import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { scheduleCron } from '../lifecycle/cron.js'
import { type Beat, startWheel } from '../lifecycle/wheel.js'
import type { Watch } from './watch.js'

export interface Schedule extends Component {
  /** Goes by other watches from now on. Those that are as before keep their turn. */
  take(watches: Iterable<Watch>): void
}

/**
 * Calls `due` whenever a watch should be looked at: by its interval with jitter, and by each of its cron expressions. `isNew` is
 * true of the first call by the interval of a watch that was taken later than at the start and was not there as it is.
 */
export function startSchedule(
  watches: Iterable<Watch>,
  due: (watch: Watch, isNew: boolean) => void,
  clock: Clock,
  random: () => number,
): Schedule {
  const first = [...watches]
  let known = new Set(first.map(termsOf))
  let fresh = new Set<string>()

  const beatsOf = (all: readonly Watch[]): Beat[] =>
    all.flatMap((watch) => {
      const { intervalMs } = watch
      if (intervalMs === undefined) return []
      const key = termsOf(watch)
      return [{ key, intervalMs, run: () => due(watch, fresh.delete(key)) }]
    })
  const startCrons = (all: readonly Watch[]) =>
    all.flatMap((watch) =>
      watch.crons.map(({ expression, timezone }) => scheduleCron(expression, { timezone }, () => due(watch, false))),
    )
  const wheel = startWheel(beatsOf(first), clock, random)
  let crons = startCrons(first)

  return {
    take(others) {
      const all = [...others]
      const terms = new Set(all.map(termsOf))
      fresh = new Set([...terms].filter((one) => fresh.has(one) || !known.has(one)))
      known = terms
      wheel.take(beatsOf(all))
      for (const stop of crons) stop()
      crons = startCrons(all)
    },
    async stop() {
      await wheel.stop()
      for (const stop of crons) stop()
    },
  }
}

/** What a look at it depends on, as text. */
function termsOf({ key, intervalMs, policies }: Watch): string {
  const rules = policies.map(({ name, rule, follows, after, targets }) => [name, rule, follows, after, targets])
  return JSON.stringify([key, intervalMs, rules])
}

import type { Clock } from '../lifecycle/clock.js'
import type { Component } from '../lifecycle/component.js'
import { scheduleCron } from '../lifecycle/cron.js'
import { startWheel } from '../lifecycle/wheel.js'
import type { Watch } from './watch.js'

/** Calls `due` whenever a watch should be looked at: by its interval with jitter, and by each of its cron expressions. */
export function startSchedule(
  watches: Iterable<Watch>,
  due: (watch: Watch) => void,
  clock: Clock,
  random: () => number,
): Component {
  const all = [...watches]
  const beats = all.flatMap((watch) =>
    watch.intervalMs === undefined ? [] : [{ intervalMs: watch.intervalMs, run: () => due(watch) }],
  )
  const wheel = startWheel(beats, clock, random)
  const crons = all.flatMap((watch) =>
    watch.crons.map(({ expression, timezone }) => scheduleCron(expression, { timezone }, () => due(watch))),
  )
  return {
    async stop() {
      await wheel.stop()
      for (const stop of crons) stop()
    },
  }
}

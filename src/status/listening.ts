import type { Changes } from '../jobs/shown.js'
import type { Clock } from '../lifecycle/clock.js'
import type { Recorder } from './recorder.js'
import type { Status } from './status.js'

export interface ListeningOptions {
  readonly clock: Clock
  readonly changes: Changes
  readonly recorder: Pick<Recorder, 'onWritten'>
}

const CALL_EVERY_MS = 1_000
/** How often is asked whether another process has something to show. Only while somebody listens. */
const ASK_EVERY_MS = 2_000

/** Calls every listener at most once a second, after this process or another one has noted something. */
export function listenTo({ clock, changes, recorder }: ListeningOptions): Status['onChange'] {
  const listeners = new Set<() => void>()
  let end: (() => void) | undefined

  return (listener) => {
    // The same function may listen twice.
    const own = () => listener()
    listeners.add(own)
    end ??= begin()
    return () => {
      listeners.delete(own)
      if (listeners.size > 0) return
      end?.()
      end = undefined
    }
  }

  function begin(): () => void {
    let count: number | undefined
    let calling: (() => void) | undefined
    let asking = () => {}
    let isOver = false

    const call = () => {
      calling ??= clock.after(CALL_EVERY_MS, () => {
        calling = undefined
        for (const listener of [...listeners]) listener()
      })
    }
    const ask = async () => {
      // What is away shows nothing new; when it is back, the next answer differs.
      const found = await changes.count().catch(() => count)
      if (isOver) return
      if (count !== undefined && found !== count) call()
      count = found
      asking = clock.after(ASK_EVERY_MS, ask)
    }
    const ignore = recorder.onWritten(call)
    ask()
    return () => {
      isOver = true
      ignore()
      asking()
      calling?.()
    }
  }
}

import { setImmediate as turn } from 'node:timers/promises'

/** Runs one after the other: a look may empty the folder that another is filling. */
export function inTurn(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const next = last.then(run)
    last = next.catch(() => {})
    return next
  }
}

/** Told how many bytes each step of long work is about, gives all other work its turn every few milliseconds. */
export function paced(): (bytes: number) => Promise<void> {
  let since = 0
  return async (bytes) => {
    since += STEP_BYTES + bytes
    if (since < TURN_BYTES) return
    since = 0
    await turn()
  }
}

/** What a step costs by itself, as bytes of inflating and hashing. */
const STEP_BYTES = 4096
const TURN_BYTES = 1024 ** 2

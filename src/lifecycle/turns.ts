/** A line in front of something that takes a few at a time, first come, first served. */
export interface Turns {
  /** Resolves when it is one's turn; `leave` ends it, and may be called again. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>
}

/** `atOnce` is asked at each turn, so that it may change. */
export function createTurns(atOnce: () => number): Turns {
  const line = new Set<() => void>()
  let taken = 0

  const next = () => {
    for (const call of line) {
      if (taken >= atOnce()) return
      line.delete(call)
      call()
    }
  }
  const turn = (): (() => void) => {
    taken++
    let over = false
    return () => {
      if (over) return
      over = true
      taken--
      next()
    }
  }

  return {
    take(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        if (line.size === 0 && taken < atOnce()) return resolve(turn())
        const abort = () => {
          line.delete(call)
          reject(signal.reason)
        }
        const call = () => {
          signal.removeEventListener('abort', abort)
          resolve(turn())
        }
        line.add(call)
        signal.addEventListener('abort', abort, { once: true })
      })
    },
  }
}

import { setImmediate as turn } from 'node:timers/promises'
import { shareSignal } from '../../lifecycle/share-signal.js'
import type { Oid } from './repository.js'

/** Resolves when the object was got, as far as it can be had. Rejects where getting fails. */
export type Ask = (oid: Oid, signal: AbortSignal) => Promise<void>

/**
 * Gets together what is asked for at the same time; what is being got already is not got again. A call is aborted when
 * everybody who waits for it has given up.
 */
export function gathered(get: (oids: readonly Oid[], signal: AbortSignal) => Promise<void>): Ask {
  const asked = new Map<Oid, Batch>()
  let open: Batch | undefined

  function begin(): Batch {
    const controller = new AbortController()
    const oids = new Set<Oid>()
    const gotten = async () => {
      await turn()
      if (open === batch) open = undefined
      try {
        controller.signal.throwIfAborted()
        await get([...oids], controller.signal)
      } finally {
        for (const oid of oids) if (asked.get(oid) === batch) asked.delete(oid)
      }
    }
    const batch: Batch = { oids, waiting: new Set(), controller, done: gotten() }
    return batch
  }

  return (oid, signal) => {
    if (signal.aborted) return Promise.reject(signal.reason)
    let batch = asked.get(oid)
    if (batch === undefined || batch.controller.signal.aborted) {
      if (open === undefined || open.controller.signal.aborted) open = begin()
      batch = open
      batch.oids.add(oid)
      asked.set(oid, batch)
    }
    wait(batch, signal)
    return batch.done
  }
}

interface Batch {
  readonly oids: Set<Oid>
  /** Of those who have not given up, each once. */
  readonly waiting: Set<AbortSignal>
  readonly controller: AbortController
  readonly done: Promise<void>
}

function wait({ waiting, controller, done }: Batch, signal: AbortSignal): void {
  if (waiting.has(signal)) return
  waiting.add(signal)
  shareSignal(signal)
  const giveUp = () => {
    waiting.delete(signal)
    if (waiting.size === 0) controller.abort(signal.reason)
  }
  signal.addEventListener('abort', giveUp, { once: true })
  const end = () => signal.removeEventListener('abort', giveUp)
  done.then(end, end)
}

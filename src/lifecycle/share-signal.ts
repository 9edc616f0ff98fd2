import { setMaxListeners } from 'node:events'

/** Lets one signal stop any number of requests: Node would warn of a leak from the eleventh on. */
export function shareSignal(signal: AbortSignal): void {
  setMaxListeners(0, signal)
}

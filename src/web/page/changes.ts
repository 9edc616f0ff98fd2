import type { ServerResponse } from 'node:http'
import type { Clock } from '../../lifecycle/clock.js'
import type { Status } from '../../status/status.js'

export interface Changes {
  /** Tells a browser of changes until it leaves, by Server-Sent Events (HTML Living Standard, section 9.2). False where too many listen. */
  listen(response: ServerResponse, mayListen: () => boolean): boolean
  /** Ends all of it. */
  end(): void
}

/** Each keeps a connection, of which the server takes a thousand. */
const MOST_LISTENERS = 200
/** Proxies and our own server end connections on which nothing is said, after half a minute at the earliest. */
const BEAT_MS = 15_000
/** How long a browser waits before it listens again. */
const RETRY_MS = 3_000

/** Tells browsers that something changed; what, they ask. The status is listened to while a browser is. */
export function createChanges(status: Pick<Status, 'onChange'>, clock: Clock): Changes {
  const listeners = new Map<ServerResponse, () => boolean>()
  let leaveStatus: (() => void) | undefined
  let cancelBeat: (() => void) | undefined
  let ended = false

  function tell(text: string): void {
    for (const [response, mayListen] of [...listeners]) {
      if (!mayListen()) response.end()
      // Who does not read has the last one still to come, and asks for the page then.
      else if (!response.writableNeedDrain) response.write(text)
    }
  }

  function beat(): void {
    cancelBeat = clock.after(BEAT_MS, () => {
      tell(': still here\n\n')
      beat()
    })
  }

  function leave(response: ServerResponse): void {
    if (!listeners.delete(response) || listeners.size > 0) return
    leaveStatus?.()
    cancelBeat?.()
  }

  return {
    listen(response, mayListen) {
      if (ended || listeners.size >= MOST_LISTENERS) return false
      if (listeners.size === 0) {
        leaveStatus = status.onChange(() => tell('event: change\ndata:\n\n'))
        beat()
      }
      listeners.set(response, mayListen)
      response.once('close', () => leave(response))
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        // nginx would keep events back until there are many.
        'x-accel-buffering': 'no',
      })
      response.write(`retry: ${RETRY_MS}\n\n`)
      return true
    },
    end() {
      ended = true
      for (const response of listeners.keys()) response.end()
    },
  }
}

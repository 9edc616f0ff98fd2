import type { Clock } from '../../../lifecycle/clock.js'
import { GitError } from '../errors.js'

/** Ends a conversation that stalls or takes too long, or that its caller no longer wants. */
export interface Deadline {
  /** Aborts with the caller's reason, or with `UNREACHABLE`, retryable. */
  readonly signal: AbortSignal
  /** Something arrived. */
  renew(): void
  close(): void
}

export interface DeadlineOptions {
  readonly clock: Clock
  readonly idleMs: number
  readonly totalMs: number
  readonly signal: AbortSignal
}

export function openDeadline({ clock, idleMs, totalMs, signal }: DeadlineOptions): Deadline {
  const controller = new AbortController()
  const end = (reason: unknown) => {
    close()
    controller.abort(reason)
  }
  const expire = (ms: number, what: string) => () =>
    end(new GitError('UNREACHABLE', `server ${what} within ${ms / 1000} s`, { retryable: true }))
  const cancel = () => end(signal.reason)
  const stopTotal = clock.after(totalMs, expire(totalMs, 'was not done'))
  let stopIdle = clock.after(idleMs, expire(idleMs, 'sent nothing'))
  const close = () => {
    stopIdle()
    stopTotal()
    signal.removeEventListener('abort', cancel)
  }
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()

  return {
    signal: controller.signal,
    renew() {
      if (controller.signal.aborted) return
      stopIdle()
      stopIdle = clock.after(idleMs, expire(idleMs, 'sent nothing'))
    },
    close,
  }
}

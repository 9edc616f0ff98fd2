import type { Clock } from '../../lifecycle/clock.js'
import { shareSignal } from '../../lifecycle/share-signal.js'
import { GitError } from './errors.js'
import { stateError } from './state-error.js'

export interface GitOperation {
  readonly operation: 'capabilities' | 'ls-refs' | 'fetch' | 'push'
  /** `success`, `aborted`, or the code of the error. */
  readonly outcome: string
  readonly durationMs: number
}

/** Runs an operation and reports how it ended. */
export type Timed = <T>(operation: GitOperation['operation'], signal: AbortSignal, run: () => Promise<T>) => Promise<T>

export function timedBy(clock: Clock, onOperation: ((operation: GitOperation) => void) | undefined): Timed {
  return async (operation, signal, run) => {
    shareSignal(signal)
    const start = clock.now()
    const report = (outcome: string) => onOperation?.({ operation, outcome, durationMs: clock.now() - start })
    try {
      const result = await run()
      report('success')
      return result
    } catch (cause) {
      const thrown = stateError(cause)
      report(signal.aborted ? 'aborted' : thrown instanceof GitError ? thrown.code : 'UNKNOWN')
      throw thrown
    }
  }
}

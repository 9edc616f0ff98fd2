import { isRetryable, reasonOf } from '../error.js'
import { WebhookError } from '../watchers/webhooks/errors.js'
import { statusOf } from './answers.js'
import { WebError } from './errors.js'
import type { WebhookOutcome } from './options.js'

export interface Verdict {
  readonly status: number
  readonly outcome: WebhookOutcome
  /** For the sender: a fault of ours is not spelled out. */
  readonly error: string
}

/** How a delivery that threw is answered and counted. */
export function verdictOf(thrown: unknown): Verdict {
  const error = reasonOf(thrown)
  if (thrown instanceof WebError && thrown.code === 'UNKNOWN_WEBHOOK') return { status: 404, outcome: 'unknown', error }
  if (thrown instanceof WebError && thrown.code === 'ENCODED_BODY') return { status: 415, outcome: 'invalid', error }
  if (thrown instanceof WebhookError && thrown.code === 'UNAUTHORIZED') {
    return { status: 401, outcome: 'unauthorized', error }
  }
  if (thrown instanceof WebError && thrown.code === 'TOO_MANY_REQUESTS') {
    return { status: 429, outcome: 'limited', error }
  }
  if (thrown instanceof WebhookError && thrown.code === 'UNAVAILABLE') {
    return { status: 503, outcome: 'unavailable', error: 'Cannot check event: the keys of its sender are away' }
  }
  if (thrown instanceof WebhookError) return { status: 400, outcome: 'invalid', error }
  if (isRetryable(thrown)) return { status: 503, outcome: 'unavailable', error: 'Cannot queue event: queue is away' }

  const status = statusOf(thrown)
  if (status >= 500) return { status, outcome: 'unavailable', error: 'Cannot queue event: internal error' }
  return { status, outcome: status === 413 ? 'too-large' : 'invalid', error }
}

import { TidemarkError } from '../../error.js'

export type WebhookErrorCode =
  | 'UNAUTHORIZED' // no proof that the sender knows the secret, or a wrong one
  | 'INVALID_BODY' // not the sender's format, or over a bound
  | 'UNAVAILABLE' // whoever says whether it is authentic cannot be asked

/** A delivery that is refused. Only `UNAVAILABLE` is retryable: otherwise the same bytes stay refused. */
export class WebhookError extends TidemarkError<WebhookErrorCode> {}

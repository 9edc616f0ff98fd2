import { TidemarkError } from '../error.js'

export type NotificationErrorCode = 'UNREACHABLE' | 'UNAVAILABLE' | 'REFUSED' | 'UNKNOWN_TARGET'

/** A message that was not taken. `retryAt` says when another try is worth it, in milliseconds since the Unix epoch. */
export class NotificationError extends TidemarkError<NotificationErrorCode> {
  readonly retryAt: number | undefined

  constructor(
    code: NotificationErrorCode,
    message: string,
    { retryAt, ...options }: { readonly retryable?: boolean; readonly retryAt?: number | undefined } = {},
  ) {
    super(code, message, options)
    this.retryAt = retryAt
  }
}

import { TidemarkError } from '../../error.js'

export type RegistryErrorCode =
  | 'UNREACHABLE' // no connection, a broken one, or no answer in time
  | 'UNAUTHORIZED' // refused credentials, or none where some are needed
  | 'NOT_FOUND' // no such repository, or none that these credentials may see
  | 'RATE_LIMITED'
  | 'UNAVAILABLE' // 5xx
  | 'INVALID_ANSWER' // not the protocol: HTML, broken JSON, a malformed header
  | 'TOO_LARGE' // a body, a page count or a tag count over its bound
  | 'REFUSED_TARGET' // a realm, redirect or link that must not be followed
  | 'RESTING' // not asked: the host fails, or has asked for silence
  | 'SPARED' // not asked: the pulls that the registry still allows are left to others
  | 'CREDENTIALS' // credentials that cannot be read

/** What a registry answered, or that it did not. */
export class RegistryError extends TidemarkError<RegistryErrorCode> {
  /** When the registry asked to be left alone until, in milliseconds since the Unix epoch. */
  readonly retryAt: number | undefined

  constructor(
    code: RegistryErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryable?: boolean; readonly retryAt?: number | undefined } = {},
  ) {
    super(code, message, options)
    this.retryAt = options.retryAt
  }
}

/**
 * What every error of Tidemark has: a code from its folder's closed union, and whether the same call may succeed later.
 *
 * Each folder has one subclass. Messages say the action first, then what was found, and never contain a credential.
 * The adapter that meets the failure decides `retryable`, once.
 */
export abstract class TidemarkError<Code extends string = string> extends Error {
  readonly code: Code
  readonly retryable: boolean

  constructor(code: Code, message: string, options: ErrorOptions & { readonly retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** The sentence of any thrown value. Errors that are not ours may have an empty message, such as Node's AggregateError. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown.message !== '') return thrown.message
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name
}

/** True when the same call may succeed later. An error that is not ours is a defect, and not retried. */
export function isRetryable(thrown: unknown): boolean {
  return thrown instanceof TidemarkError && thrown.retryable
}

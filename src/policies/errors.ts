import { TidemarkError } from '../error.js'

export type PolicyErrorCode =
  | 'INVALID_RANGE'
  | 'INVALID_PATTERN'
  | 'INVALID_EXTRACT'
  | 'INVALID_TAG'
  | 'INVALID_WINDOW'
  | 'INVALID_PATH'

/** A policy whose text is wrong. Never retryable. */
export class PolicyError extends TidemarkError<PolicyErrorCode> {}

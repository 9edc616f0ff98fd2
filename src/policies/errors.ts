import { TidemarkError } from '../error.js'

export type PolicyErrorCode = 'INVALID_RANGE'

/** A policy whose text is wrong. Never retryable. */
export class PolicyError extends TidemarkError<PolicyErrorCode> {}

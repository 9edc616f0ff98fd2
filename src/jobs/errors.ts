import { TidemarkError } from '../error.js'

export type JobsErrorCode = 'UNAVAILABLE' | 'INVALID_PAYLOAD'

/** A queue that is away, or a payload that this version does not know. */
export class JobsError extends TidemarkError<JobsErrorCode> {}

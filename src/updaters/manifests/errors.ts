import { TidemarkError } from '../../error.js'

export type ManifestErrorCode =
  | 'NOT_ONLY_TARGET' // the edit would change more than the value
  | 'UNWRITABLE_VALUE' // the new value cannot stand in this scalar's style

/** A file that cannot be edited safely and was left as it is. Never retryable. */
export class ManifestError extends TidemarkError<ManifestErrorCode> {}

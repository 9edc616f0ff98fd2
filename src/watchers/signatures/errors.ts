import { TidemarkError } from '../../error.js'

export type SignatureErrorCode =
  | 'INVALID_KEY' // no PEM, or a key that signs no images
  | 'INVALID_IDENTITY' // a pattern that is none, or an empty name
  | 'INVALID_TRUSTED_ROOT'
  | 'TRUSTED_ROOT_UNAVAILABLE' // the public one cannot be fetched

/** A signature that cannot be judged, which says nothing of the signature. */
export class SignatureError extends TidemarkError<SignatureErrorCode> {}

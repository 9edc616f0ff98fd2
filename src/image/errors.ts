import { TidemarkError } from '../error.js'

export type ImageErrorCode = 'INVALID_REPOSITORY'

/** A text that does not name an image. Never retryable. */
export class ImageError extends TidemarkError<ImageErrorCode> {}

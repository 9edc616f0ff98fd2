import { TidemarkError } from '../error.js'

export type WebErrorCode =
  | 'ADDRESS_IN_USE'
  | 'CANNOT_LISTEN'
  | 'UNKNOWN_WEBHOOK'
  | 'ENCODED_BODY' // a content encoding: what is signed and bounded are the bytes as sent
  | 'TOO_MANY_REQUESTS'
  | 'UNKNOWN_POLICY'
  | 'INVALID' // what was asked can be read, and means nothing

/** An HTTP server that cannot start, or a request that it refuses. */
export class WebError extends TidemarkError<WebErrorCode> {}

import type { Platform } from './platform.js'

/** What an image says of itself. Nothing of it is proven, and every text is fit to be shown. */
export interface ImageDescription extends Provenance {
  /** What it can run on, distinct. Empty where it does not say, or is no image but a chart or another artifact. */
  readonly platforms: readonly Platform[]
}

/** Where an image comes from. */
export interface Provenance {
  /** When it was built, in milliseconds since the Unix epoch. */
  readonly createdAt?: number
  /** The revision of its source, such as a commit's id: letters, digits and `._/+-` only. */
  readonly revision?: string
  /** HTTP or HTTPS URL of its source, without credentials. */
  readonly source?: string
}

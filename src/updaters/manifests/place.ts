import type { Digest } from '../../image/digest.js'
import type { Tag } from '../../image/tag.js'

/** One scalar in one file at which a reference, name, tag or digest stands. What a file has depends on its bytes and name only. */
export interface Place {
  readonly kind: 'reference' | 'name' | 'tag' | 'digest'
  /** Byte range of the value in the file: what an update replaces. Quotes that stand are outside of it. */
  readonly start: number
  readonly end: number
  /** Counted from 1. */
  readonly line: number
  /** The value as it stands in the file, decoded. */
  readonly value: string
  /** The image that the place belongs to, of which it may be only a part: a tag's repository stands beside it. */
  readonly image: PlacedImage
  /** What a comment says of the place, where one does. */
  readonly marker?: Marker
}

export interface PlacedImage {
  /** As spelled, without tag and digest; absent where only a marker tells which policy the place follows. */
  readonly name?: string
  readonly tag?: Tag
  /** Where a digest stands in or beside the place, it must follow the tag. */
  readonly digest?: Digest
}

export type Marker =
  | { readonly type: 'policy'; readonly policy: string; readonly part: 'reference' | 'tag' | 'name' | 'digest' }
  | { readonly type: 'ignore' }
  | { readonly type: 'hold'; readonly reason: string }

/** What is odd in a file and was left alone. */
export interface Warning {
  readonly line: number
  readonly message: string
}

/** What one file has. */
export interface Scan {
  readonly places: readonly Place[]
  readonly warnings: readonly Warning[]
}

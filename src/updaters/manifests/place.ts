import type { Digest } from '../../image/digest.js'
import type { Tag } from '../../image/tag.js'

/** One scalar in one file at which a reference, name, tag or digest stands. What a file has depends on its bytes and name only. */
export interface Place {
  /** A `tag` may carry its digest, `1.4.2@sha256:…`: what is written there must then be `tag@digest` too. */
  readonly kind: 'reference' | 'name' | 'tag' | 'digest'
  /** Byte range of the value in the file: what an update replaces. Quotes that stand are outside of it. */
  readonly start: number
  readonly end: number
  /** The value is a part of a longer one, as in `app:${TAG:-1.4.2}`, and never gets quotes of its own. */
  readonly embedded?: true
  /** Counted from 1. */
  readonly line: number
  /** The value as it stands in the file, decoded. */
  readonly value: string
  /** The image that the place belongs to, of which it may be only a part: a tag's repository stands beside it. */
  readonly image: PlacedImage
  /** How a digest can be added. Absent where there is one, or none can stand. */
  readonly pin?: Pin
  /** What a comment says of the place, where one does. A tag and the digest beside it share one that only either carries. */
  readonly marker?: Marker
  /** The paths that were asked for and lead here, as they are spelled. */
  readonly paths?: readonly string[]
  /** Nothing around the place says that it is an image's: only what a path leads to for a policy makes it one. */
  readonly undiscovered?: true
}

export interface PlacedImage {
  /** As spelled, without tag and digest; absent where only a marker tells which policy the place follows. */
  readonly name?: string
  readonly tag?: Tag
  /** Where a digest stands in or beside the place, it must follow the tag. */
  readonly digest?: Digest
}

/** `inside`: the value may be `tag@digest`, or `name:tag@digest`. Otherwise it has a key of its own, and the value stays without. */
export type Pin = 'inside' | Insertion

/** Where the digest is written, and what with: instead of an empty value, or as a new entry of the map. */
export interface Insertion {
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
  /** `before` has the key too. */
  readonly withKey: boolean
}

export type Marker =
  | { readonly type: 'policy'; readonly policy: string; readonly part: Place['kind'] }
  | { readonly type: 'ignore' }
  | { readonly type: 'hold'; readonly reason: string }

/** What is odd in a file and was left alone. */
export interface Warning {
  readonly line: number
  readonly message: string
}

/** A path that leads to no value in a file, and how far it leads. */
export interface DeadEnd {
  readonly path: string
  /** How many of its steps could be taken, or -1 where none could be tried. */
  readonly depth: number
  readonly line: number
  readonly reason: string
}

/** What one file has, in the order of the file. */
export interface Scan {
  readonly places: readonly Place[]
  readonly warnings: readonly Warning[]
  readonly deadEnds?: readonly DeadEnd[]
}

export function isEmptyScan({ places, warnings, deadEnds }: Scan): boolean {
  return places.length === 0 && warnings.length === 0 && deadEnds === undefined
}

/** A new value for one place. */
export interface PlaceEdit {
  readonly place: Place
  readonly value: string
  /** What `place.pin` adds, where that is an insertion. One that is to stand inside is a part of `value`. */
  readonly digest?: Digest
}

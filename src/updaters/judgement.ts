import type { Tag } from '../image/tag.js'
import type { PolicyHolds } from '../jobs/holds.js'
import type { Selection } from '../jobs/payloads.js'
import { GATES } from '../policies/gate.js'
import type { PlaceEdit } from './manifests/place.js'
import type { CompareTags } from './standing.js'
import type { WritingPolicy } from './target.js'

/** One place that a policy follows, and what should be done there. */
export interface JudgedPlace {
  readonly policy: string
  readonly image: string
  readonly file: string
  readonly line: number
  /** The YAML path by which the policy goes, where it goes by one. */
  readonly path?: string
  /** Tag, digest or both, as they stand; empty where there is neither. */
  readonly current: string
  /** The tag that stands in or beside the place. Absent where a comment says to ignore the place: nobody goes by it. */
  readonly tag?: Tag | undefined
  /** The same as it should be, where that is known. */
  readonly desired: string | undefined
  /** `pending`: the next commit writes it, or one that comes later by itself. `held`: somebody must do something. */
  readonly state: 'current' | 'pending' | 'held' | 'failing'
  readonly reason: string
  /** When what keeps the tag from being written is over, in milliseconds since the Unix epoch, where that is known. */
  readonly until?: number | undefined
  /** Why a place does not have the selected tag: one word for metrics. */
  readonly obstacle?: Obstacle
  /** What the commit writes at the place. */
  readonly edit?: PlaceEdit
}

export const OBSTACLES = [
  'update',
  'ignored',
  'downgrade',
  'untagged',
  'no-digest',
  'no-tag',
  'not-polled',
  'conflict',
  'unwritable',
  'reverted',
  'unmerged',
  'window',
  ...GATES,
] as const
export type Obstacle = (typeof OBSTACLES)[number]

export interface PlaceWarning {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface Judgement {
  /** By file, then line. */
  readonly places: readonly JudgedPlace[]
  readonly warnings: readonly PlaceWarning[]
  /** Policies that write to the branch and have no place in it. */
  readonly unplaced: readonly string[]
}

/** Whether a person would ask why the selected tag is not there. Who ignores a line, or leaves the tag out, knows. */
export function isWaiting({ state, obstacle, edit }: JudgedPlace): boolean {
  if (state === 'pending') return edit === undefined
  return state === 'held' && obstacle !== 'ignored' && obstacle !== 'untagged'
}

/** What is known when places are judged. */
export interface Known {
  /** By the name of the policy. */
  readonly selections: ReadonlyMap<string, Selection>
  /** What people said of policies while the service ran, by their names. Absent: nothing. */
  readonly holds?: ReadonlyMap<string, PolicyHolds>
  /** How a policy ranks two tags. */
  readonly compareFor: (policy: WritingPolicy) => CompareTags
  /** In milliseconds since the Unix epoch. */
  readonly now: number
}

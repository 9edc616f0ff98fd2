import { repositoryKey, tryParseRepository } from '../image/repository.js'
import type { Tag } from '../image/tag.js'
import type { Selection } from '../jobs/payloads.js'
import { GATES } from '../policies/gate.js'
import type { Marker, Place, PlaceEdit } from './manifests/place.js'
import type { ScannedFile } from './scan.js'
import type { CompareTags } from './standing.js'
import type { UpdateTarget, WritingPolicy } from './target.js'
import { verdictAt } from './verdict.js'
import { currentAt } from './version-at.js'

/** One place that a policy follows, and what should be done there. */
export interface JudgedPlace {
  readonly policy: string
  readonly image: string
  readonly file: string
  readonly line: number
  /** Tag, digest or both, as they stand; empty where there is neither. */
  readonly current: string
  /** The tag that stands in or beside the place. */
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
  'hold',
  'ignored',
  'downgrade',
  'untagged',
  'no-digest',
  'no-tag',
  'not-polled',
  'conflict',
  'unwritable',
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
  /** How a policy ranks two tags. */
  readonly compareFor: (policy: WritingPolicy) => CompareTags
  /** In milliseconds since the Unix epoch. */
  readonly now: number
}

/** Compares what stands in the files with what the policies selected. Pure: the same arguments, the same judgement. */
export function judge(files: readonly ScannedFile[], target: UpdateTarget, known: Known): Judgement {
  const places: JudgedPlace[] = []
  const warnings: PlaceWarning[] = []
  const byImage = policiesByImage(target.policies)
  for (const { path, scan } of files) {
    for (const { line, message } of scan.warnings) warnings.push({ file: path, line, message })
    for (const place of scan.places) {
      const owners = ownersOf(place, path, target, byImage)
      if (typeof owners === 'string') warnings.push({ file: path, line: place.line, message: owners })
      else places.push(...judgeOwned(place, path, owners, known))
    }
  }
  const placed = new Set(places.map(({ policy }) => policy))
  const unplaced = target.policies.map(({ name }) => name).filter((name) => !placed.has(name))
  return { places: places.sort(byPosition), warnings, unplaced }
}

/** Policies by the canonical name of their repository: a large branch has many places, and most belong to none. */
type ByImage = ReadonlyMap<string, readonly WritingPolicy[]>

function policiesByImage(policies: readonly WritingPolicy[]): ByImage {
  const groups = new Map<string, WritingPolicy[]>()
  for (const policy of policies) {
    const key = repositoryKey(policy.repository)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [policy])
    else group.push(policy)
  }
  return groups
}

/** The policies that claim a place, or a warning about its marker. */
function ownersOf(
  place: Place,
  path: string,
  target: UpdateTarget,
  byImage: ByImage,
): readonly WritingPolicy[] | string {
  if (place.marker?.type === 'policy') {
    const named = policyOf(place.marker, target)
    return typeof named === 'string' ? named : named.filter(({ writesTo }) => writesTo(path))
  }
  const repository = place.image.name === undefined ? undefined : tryParseRepository(place.image.name)
  if (repository === undefined) return []
  return (byImage.get(repositoryKey(repository)) ?? []).filter(({ writesTo }) => writesTo(path))
}

/** Flux's markers name a namespace too: `ns/name` is the policy of that name, or else the one called `name`. */
function policyOf(
  marker: Extract<Marker, { type: 'policy' }>,
  target: UpdateTarget,
): readonly WritingPolicy[] | string {
  const short = marker.policy.slice(marker.policy.lastIndexOf('/') + 1)
  const names = [marker.policy, short]
  const named = names.map((name) => target.policies.find((policy) => policy.name === name)).find((found) => found)
  if (named !== undefined) return [named]
  if (names.some((name) => target.otherPolicies.has(name))) return []
  return `marker names the policy "${marker.policy}", which does not exist`
}

function judgeOwned(
  place: Place,
  file: string,
  owners: readonly WritingPolicy[],
  known: Known,
): readonly JudgedPlace[] {
  const [owner, other] = owners
  if (owner === undefined) return []
  const of = {
    policy: owner.name,
    image: owner.image,
    file,
    line: place.line,
    current: currentAt(place),
    tag: place.image.tag,
  }
  if (other !== undefined) {
    const names = owners.map(({ name }) => `"${name}"`).join(' and ')
    const reason = `claimed by the policies ${names}: a marker can decide`
    return [{ ...of, desired: undefined, state: 'failing', reason, obstacle: 'conflict' }]
  }
  return [{ ...of, ...verdictAt(place, owner, known) }]
}

function byPosition(a: JudgedPlace, b: JudgedPlace): number {
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1
}

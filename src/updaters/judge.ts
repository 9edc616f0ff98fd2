import { formatReference } from '../image/reference.js'
import { repositoryKey, tryParseRepository } from '../image/repository.js'
import type { Selection } from '../jobs/payloads.js'
import type { Marker, Place, PlaceEdit } from './manifests/place.js'
import type { ScannedFile } from './scan.js'
import type { UpdateTarget, WritingPolicy } from './target.js'

/** One place that a policy follows, and what should be done there. */
export interface JudgedPlace {
  readonly policy: string
  readonly image: string
  readonly file: string
  readonly line: number
  /** Tag, digest or both, as they stand; empty where there is neither. */
  readonly current: string
  /** The same as it should be, where that is known. */
  readonly desired: string | undefined
  /** `pending`: the next commit writes it. */
  readonly state: 'current' | 'pending' | 'held' | 'failing'
  readonly reason: string
  /** Why a place does not have the selected tag: one word for metrics. */
  readonly obstacle?: Obstacle
  /** What the commit writes at the place. */
  readonly edit?: PlaceEdit
}

export type Obstacle =
  | 'update'
  | 'hold'
  | 'ignored'
  | 'downgrade'
  | 'untagged'
  | 'no-digest'
  | 'no-tag'
  | 'not-polled'
  | 'conflict'
  | 'unwritable'

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
export function isWaiting({ state, obstacle }: JudgedPlace): boolean {
  return state === 'held' && obstacle !== 'ignored' && obstacle !== 'untagged'
}

/** Compares what stands in the files with what the policies selected. Pure: the same arguments, the same judgement. */
export function judge(
  files: readonly ScannedFile[],
  target: UpdateTarget,
  selections: ReadonlyMap<string, Selection>,
): Judgement {
  const places: JudgedPlace[] = []
  const warnings: PlaceWarning[] = []
  const byImage = policiesByImage(target.policies)
  for (const { path, scan } of files) {
    for (const { line, message } of scan.warnings) warnings.push({ file: path, line, message })
    for (const place of scan.places) {
      const owners = ownersOf(place, path, target, byImage)
      if (typeof owners === 'string') warnings.push({ file: path, line: place.line, message: owners })
      else places.push(...judgeOwned(place, path, owners, selections))
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
  selections: ReadonlyMap<string, Selection>,
): readonly JudgedPlace[] {
  const [owner, other] = owners
  if (owner === undefined) return []
  const of = {
    policy: owner.name,
    image: owner.image,
    file,
    line: place.line,
    current: shown(place, place.image),
  }
  if (other !== undefined) {
    const names = owners.map(({ name }) => `"${name}"`).join(' and ')
    const reason = `claimed by the policies ${names}: a marker can decide`
    return [{ ...of, desired: undefined, state: 'failing', reason, obstacle: 'conflict' }]
  }
  return [{ ...of, ...verdictOf(place, owner, selections.get(owner.name)) }]
}

type PlaceVerdict = Pick<JudgedPlace, 'desired' | 'state' | 'reason' | 'obstacle' | 'edit'>

function verdictOf(place: Place, policy: WritingPolicy, selection: Selection | undefined): PlaceVerdict {
  const upToDate = selection?.rule === policy.rule && selection.repository === repositoryKey(policy.repository)
  if (selection === undefined || !upToDate) {
    return {
      desired: undefined,
      state: 'held',
      reason: 'the repository has not been listed yet',
      obstacle: 'not-polled',
    }
  }
  const { tag, digest } = selection
  if (tag === undefined) {
    return { desired: undefined, state: 'held', reason: selection.reason ?? 'no tag qualifies', obstacle: 'no-tag' }
  }

  const stands = shown(place, place.image)
  if (standsAlready(place, policy, tag, digest)) return { desired: stands, state: 'current', reason: `has ${tag}` }

  const wanted = wantedAt(place, tag, digest)
  const desired = place.kind === 'name' ? policy.image : shown(place, wanted)
  const held = (reason: string, obstacle: Obstacle): PlaceVerdict => ({ desired, state: 'held', reason, obstacle })
  if (place.marker?.type === 'ignore') return held('a comment says to ignore this line', 'ignored')
  if (place.marker?.type === 'hold') return held(`held by a comment: ${place.marker.reason}`, 'hold')
  if (isUntagged(place)) return held('has neither tag nor digest: add one, or a marker', 'untagged')
  if (place.image.digest !== undefined && digest === undefined) {
    return held(`the digest of ${tag} is not known`, 'no-digest')
  }
  const current = place.image.tag
  const rank = current === undefined ? undefined : policy.compare(tag, current)
  if (rank !== undefined && rank < 0 && policy.downgrade === 'never') {
    return held(`${current} stands here, and ${tag} would be a downgrade`, 'downgrade')
  }
  const edit = { place, value: valueFor(place, policy, wanted) }
  return { desired, state: 'pending', reason: `${tag} is selected`, obstacle: 'update', edit }
}

interface Version {
  readonly tag?: string
  readonly digest?: string
}

/** A digest that stands follows the tag; a reference by digest alone stays one, for its digest is what is pulled. */
function wantedAt({ image }: Place, tag: string, digest: string | undefined): Version {
  if (image.digest === undefined || digest === undefined) return { tag }
  return image.tag === undefined ? { digest } : { tag, digest }
}

function standsAlready(place: Place, policy: WritingPolicy, tag: string, digest: string | undefined): boolean {
  if (!namesImage(place, policy)) return false
  if (place.kind === 'name') return true
  return place.image.tag === undefined ? digest !== undefined && place.image.digest === digest : place.image.tag === tag
}

function namesImage({ image }: Place, policy: WritingPolicy): boolean {
  if (image.name === undefined) return true
  const repository = tryParseRepository(image.name)
  return repository !== undefined && repositoryKey(repository) === repositoryKey(policy.repository)
}

/** Without a marker, a reference that names no tag is left to what completes it, such as a kustomization. */
function isUntagged({ kind, image, marker }: Place): boolean {
  return kind === 'reference' && marker === undefined && image.tag === undefined && image.digest === undefined
}

function valueFor(place: Place, policy: WritingPolicy, wanted: Version): string {
  if (place.kind === 'name') return policy.image
  if (place.kind !== 'reference') return shown(place, wanted)
  const name = place.image.name !== undefined && namesImage(place, policy) ? place.image.name : policy.image
  return formatReference({ name, ...wanted })
}

/** What stands of a version at a place: its tag, its digest, or `tag@digest`; of a name, the name. */
function shown(place: Place, { tag, digest }: Version): string {
  if (place.kind === 'name') return place.value
  if (place.kind === 'digest') return digest ?? ''
  const hasDigest = place.value.includes('@')
  return [tag, hasDigest ? digest : undefined].filter((part) => part !== undefined).join('@')
}

function byPosition(a: JudgedPlace, b: JudgedPlace): number {
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1
}

import { groupBy } from '../group-by.js'
import { repositoryKey, tryParseRepository } from '../image/repository.js'
import type { JudgedPlace, Judgement, Known, PlaceWarning } from './judgement.js'
import type { Marker, Place } from './manifests/place.js'
import { deadEndWarnings, type PathClaim, pathClaims } from './path-claims.js'
import type { ScannedFile } from './scan.js'
import type { UpdateTarget, WritingPolicy } from './target.js'
import { currentAt } from './value-at.js'
import { isFrozen, verdictAt } from './verdict.js'

/** Compares what stands in the files with what the policies selected. Pure: the same arguments, the same judgement. */
export function judge(files: readonly ScannedFile[], target: UpdateTarget, known: Known): Judgement {
  const places: JudgedPlace[] = []
  const warnings: PlaceWarning[] = []
  const byImage: ByImage = groupBy(target.policies, ({ repository }) => repositoryKey(repository))
  const claimsOf = pathClaims(target.policies)
  for (const { path, scan } of files) {
    const claims = scan.places.some(({ paths }) => paths !== undefined) ? claimsOf(path) : []
    for (const { line, message } of scan.warnings) warnings.push({ file: path, line, message })
    for (const place of scan.places) {
      const claiming = claims.filter((claim) => place.paths?.includes(claim.path))
      const owners = ownersOf(place, path, target, byImage, claiming)
      if (typeof owners === 'string') warnings.push({ file: path, line: place.line, message: owners })
      else places.push(...judgeOwned(place, path, owners, known, claiming))
    }
  }
  const placed = new Set(places.map(({ policy }) => policy))
  const unplaced = target.policies.map(({ name }) => name).filter((name) => !placed.has(name))
  return { places: places.sort(byPosition), warnings: [...warnings, ...deadEndWarnings(files, claimsOf)], unplaced }
}

/** Policies by the canonical name of their repository: a large branch has many places, and most belong to none. */
type ByImage = ReadonlyMap<string, readonly WritingPolicy[]>

/** The policies that claim a place, or a warning about its marker. */
function ownersOf(
  place: Place,
  path: string,
  target: UpdateTarget,
  byImage: ByImage,
  claiming: readonly PathClaim[],
): readonly WritingPolicy[] | string {
  if (place.marker?.type === 'policy') {
    const named = policyOf(place.marker, target)
    return typeof named === 'string' ? named : named.filter(({ writesTo }) => writesTo(path))
  }
  const discovering = discoverersOf(place, path, byImage)
  return claiming.length === 0 ? discovering : [...new Set([...claiming.map(({ policy }) => policy), ...discovering])]
}

function discoverersOf(place: Place, path: string, byImage: ByImage): readonly WritingPolicy[] {
  const key = place.undiscovered ? undefined : keyOf(place)
  const policies = key === undefined ? undefined : byImage.get(key)
  return policies?.filter(({ discoversIn, writesTo }) => (discoversIn ?? writesTo)(path)) ?? []
}

/** A place stays the same object for as long as its file does not change. */
const keys = new WeakMap<Place, string>()
const NO_KEY = ''

function keyOf(place: Place): string | undefined {
  let key = keys.get(place)
  if (key === undefined) {
    const repository = place.image.name === undefined ? undefined : tryParseRepository(place.image.name)
    key = repository === undefined ? NO_KEY : repositoryKey(repository)
    keys.set(place, key)
  }
  return key === NO_KEY ? undefined : key
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
  claiming: readonly PathClaim[],
): readonly JudgedPlace[] {
  const conflict = owners.length > 1 && !isFrozen(place) ? conflictOf(owners) : undefined
  return owners.map((owner) => {
    const path = claiming.find(({ policy }) => policy === owner)?.path
    const of = {
      policy: owner.name,
      image: owner.image,
      file,
      line: place.line,
      ...(path !== undefined && { path }),
      current: currentAt(place),
      ...(place.marker?.type !== 'ignore' && { tag: place.image.tag }),
    }
    return { ...of, ...(conflict ?? verdictAt(place, owner, known)) }
  })
}

/** Told for each of the policies: whoever asks about one of them is to find the place. */
function conflictOf(owners: readonly WritingPolicy[]) {
  const names = owners.map(({ name }) => `"${name}"`).join(' and ')
  const reason = `claimed by the policies ${names}: a marker can decide`
  return { desired: undefined, state: 'failing', reason, obstacle: 'conflict' } as const
}

function byPosition(a: JudgedPlace, b: JudgedPlace): number {
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1
}

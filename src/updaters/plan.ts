import { groupBy } from '../group-by.js'
import type { Change } from './commit-message.js'
import type { GitRepository, Snapshot } from './git/repository.js'
import { paced } from './git/turns.js'
import { judge } from './judge.js'
import type { JudgedPlace, Known, Obstacle, PlaceWarning } from './judgement.js'
import { ManifestError } from './manifests/errors.js'
import { spliceManifest } from './manifests/splice.js'
import type { Reverts } from './reverts/reverts.js'
import type { ScannedFile, Scanner } from './scan.js'
import type { UpdateTarget } from './target.js'

/** What would be committed upon one snapshot of a branch, and why the rest would not. */
export interface BranchPlan {
  readonly snapshot: Snapshot
  readonly places: readonly JudgedPlace[]
  readonly warnings: readonly PlaceWarning[]
  /** Policies that write to the branch and have no place in it. */
  readonly unplaced: readonly string[]
  readonly files: readonly FileEdit[]
  /** The changes of all files. Without any there is nothing to commit. */
  readonly changes: readonly Change[]
}

export interface FileEdit {
  readonly path: string
  readonly before: Uint8Array
  readonly after: Uint8Array
}

export interface PlanOptions {
  readonly target: UpdateTarget
  readonly repository: GitRepository
  readonly scanner: Scanner
  /** Absent: what people took back is written again. */
  readonly reverts?: Reverts | undefined
}

/** How many times as long as inflating it takes to write into a file and to verify what came of it. */
const SPLICING = 128

/** Computes the plan for the branch as it is on the server now. Throws `GitError`. */
export async function planBranch(
  { target, repository, scanner, reverts }: PlanOptions,
  known: Known,
  signal: AbortSignal,
): Promise<BranchPlan> {
  const snapshot = await repository.head(target.branch, { signal, levels: scanner.levels })
  const scanned = await scanner.scan(snapshot, signal)
  const judgement = judge(scanned, target, known)
  const wanted = judgement.places.filter(({ edit }) => edit !== undefined)
  const takenBack = await reverts?.among(wanted, { snapshot, scanned, known }, signal)
  const due = wanted.filter((place) => !takenBack?.has(place))
  const byFile = groupBy(due, ({ file }) => file)
  const bytes = await readFiles(scanned, byFile, repository, signal)

  const files: FileEdit[] = []
  const pace = paced()
  const refused = new Map<JudgedPlace, string>()
  for (const [path, places] of byFile) {
    const before = bytes.get(path)
    if (before === undefined) continue
    await pace(before.length * SPLICING)
    try {
      const edits = places.flatMap(({ edit }) => (edit === undefined ? [] : [edit]))
      files.push({ path, before, after: spliceManifest(path, before, edits) })
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error
      for (const place of places) refused.set(place, error.message)
    }
  }
  const places = judgement.places.map((place) => {
    const held = without(place, 'held', 'reverted', takenBack?.get(place))
    return without(held, 'failing', 'unwritable', refused.get(place))
  })
  return { ...judgement, snapshot, places, files, changes: places.flatMap(changeAt) }
}

async function readFiles(
  scanned: readonly ScannedFile[],
  wanted: ReadonlyMap<string, unknown>,
  repository: GitRepository,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = groupBy(
    scanned.filter(({ path }) => wanted.has(path)),
    ({ oid }) => oid,
  )
  const bytes = new Map<string, Uint8Array>()
  for await (const blob of repository.readBlobs([...files.keys()], { signal })) {
    for (const { path } of files.get(blob.oid) ?? []) bytes.set(path, blob.bytes)
  }
  return bytes
}

/** The place is left as it is, and the others are written all the same. */
function without(
  place: JudgedPlace,
  state: JudgedPlace['state'],
  obstacle: Obstacle,
  reason: string | undefined,
): JudgedPlace {
  if (reason === undefined) return place
  const { edit: _, ...rest } = place
  return { ...rest, state, reason, obstacle }
}

/** What a commit says of a place that it writes. */
export function changeAt({ edit, policy, image, file, line, current, desired }: JudgedPlace): readonly Change[] {
  if (edit === undefined || desired === undefined) return []
  return [{ policy, image, file, line, from: current, to: desired }]
}

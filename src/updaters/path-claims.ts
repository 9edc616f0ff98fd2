import type { PlaceWarning } from './judgement.js'
import type { DeadEnd } from './manifests/place.js'
import type { ScannedFile } from './scan.js'
import { type FileScope, scopeIndex } from './scope-index.js'
import type { WritingPolicy } from './target.js'

/** That a policy goes by a path in some files. */
export interface PathClaim extends FileScope {
  readonly policy: WritingPolicy
  readonly path: string
}

/** Finds what is claimed of a file by paths. */
export function pathClaims(policies: readonly WritingPolicy[]): (file: string) => readonly PathClaim[] {
  return scopeIndex(
    policies.flatMap((policy) =>
      (policy.pathScopes ?? []).flatMap(({ paths, ...scope }) => paths.map((path) => ({ ...scope, policy, path }))),
    ),
  )
}

/** The paths that are looked for in a file, for those who scan it. */
export function pathsIn(policies: readonly WritingPolicy[]): (file: string) => readonly string[] {
  const claimsOf = pathClaims(policies)
  return (file) => [...new Set(claimsOf(file).map(({ path }) => path))].sort()
}

/**
 * What is told of paths that lead nowhere. A glob may well match files in which there is no such path: then it is told where no
 * file has it, of the file that it leads farthest in. A file that is named as it is must have it.
 */
export function deadEndWarnings(
  files: readonly ScannedFile[],
  claimsOf: (file: string) => readonly PathClaim[],
): readonly PlaceWarning[] {
  const warnings: PlaceWarning[] = []
  const followed = new Set<PathClaim>()
  const farthest = new Map<PathClaim, { readonly file: string; readonly end: DeadEnd }>()
  for (const { path: file, scan } of files) {
    const { deadEnds = [], places } = scan
    if (deadEnds.length === 0 && !places.some(({ paths }) => paths !== undefined)) continue
    const ends = new Map(deadEnds.map((end) => [end.path, end]))
    for (const claim of claimsOf(file)) {
      const end = ends.get(claim.path)
      if (end === undefined) followed.add(claim)
      else if (claim.globs.includes(file)) warnings.push(warningOf(claim, file, end))
      else if (end.depth > (farthest.get(claim)?.end.depth ?? Number.NEGATIVE_INFINITY))
        farthest.set(claim, { file, end })
    }
  }
  for (const [claim, { file, end }] of farthest) if (!followed.has(claim)) warnings.push(warningOf(claim, file, end))
  return warnings
}

function warningOf({ policy, path }: PathClaim, file: string, { line, reason }: DeadEnd): PlaceWarning {
  return { file, line, message: `Cannot follow the path "${path}" of the policy "${policy.name}": ${reason}` }
}

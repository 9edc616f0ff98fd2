import type { Provenance } from '../image/description.js'
import { formatInstant } from '../policies/time-text.js'
import { oneLine } from '../telemetry/one-line.js'

/** One place that a commit changes. */
export interface Change {
  readonly policy: string
  readonly image: string
  readonly file: string
  readonly line: number
  /** Tag, digest or both, as they stood; empty where there was neither. */
  readonly from: string
  readonly to: string
}

/**
 * The message of a commit: what changed for a reader of the log, a line per change, and one trailer per policy and value.
 * The trailers are read back by programs: `Tidemark-Update: <policy> <image> <from> -> <to>`, `none` where nothing stood.
 * A line ends with where its policy's image comes from, where `provenance` knows: `(revision 1a2b3c4, created 2026-11-20T10:00:00Z)`.
 * Names of files and what stood in them are other people's texts: none ends its line, and so none looks like a trailer.
 */
export function commitMessage(
  changes: readonly Change[],
  provenance: ReadonlyMap<string, Provenance> = new Map(),
): string {
  const lines = distinct(
    changes.map(({ policy, file, image, from, to }) =>
      oneLine(`${file}: ${image} ${from || 'untagged'} → ${to}${originOf(provenance.get(policy))}`),
    ),
  )
  const trailers = distinct(
    changes.map(({ policy, image, from, to }) =>
      oneLine(`Tidemark-Update: ${policy} ${image} ${from || 'none'} -> ${to}`),
    ),
  )
  return `${subject(changes)}\n\n${lines.join('\n')}\n\n${trailers.join('\n')}\n`
}

function originOf({ revision, createdAt }: Provenance = {}): string {
  const facts = [
    ...(revision === undefined ? [] : [`revision ${revision}`]),
    ...(createdAt === undefined ? [] : [`created ${formatInstant(createdAt)}`]),
  ]
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`
}

function subject(changes: readonly Change[]): string {
  const policies = distinct(changes.map(({ policy }) => policy))
  const values = distinct(changes.map(({ to }) => to))
  if (policies.length > 1) return `Update ${policies.length} images`
  // A policy may write a tag here and its digest there: the shortest text is the tag.
  const [value] = values.sort((a, b) => a.length - b.length)
  return `Update ${policies[0]} to ${value}`
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}

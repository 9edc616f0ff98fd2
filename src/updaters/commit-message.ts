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
 * Names of files and what stood in them are other people's texts: none ends its line, and so none looks like a trailer.
 */
export function commitMessage(changes: readonly Change[]): string {
  const lines = distinct(
    changes.map(({ file, image, from, to }) => oneLine(`${file}: ${image} ${from || 'untagged'} → ${to}`)),
  )
  const trailers = distinct(
    changes.map(({ policy, image, from, to }) =>
      oneLine(`Tidemark-Update: ${policy} ${image} ${from || 'none'} -> ${to}`),
    ),
  )
  return `${subject(changes)}\n\n${lines.join('\n')}\n\n${trailers.join('\n')}\n`
}

function subject(changes: readonly Change[]): string {
  const policies = distinct(changes.map(({ policy }) => policy))
  const versions = distinct(changes.map(({ to }) => to))
  if (policies.length > 1) return `Update ${policies.length} images`
  // A policy may write a tag here and its digest there: the shortest text is the tag.
  const [version] = versions.sort((a, b) => a.length - b.length)
  return `Update ${policies[0]} to ${version}`
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}

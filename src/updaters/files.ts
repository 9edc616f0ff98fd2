import picomatch from 'picomatch'
import { groupBy } from '../group-by.js'
import { stemOf, stemsOf } from './scope-index.js'

/** Files that are looked at where a policy names none: YAML, and kustomizations without an ending. */
export const DEFAULT_GLOBS: readonly string[] = ['**/*.yaml', '**/*.yml', '**/Kustomization']

/** What Linux takes for a path and for a name in it. Others have the same limits or lower ones. */
const LONGEST_PATH = 4096
const LONGEST_NAME = 255
const TOO_LONG_NAME = new RegExp(`[^/]{${LONGEST_NAME + 1}}`)

/**
 * Tells whether a path from the root of a Git repository matches one of the globs. Dot files match like others.
 *
 * A path that no machine could check out matches none: a glob with several stars takes minutes for a name of megabytes.
 */
export function fileMatcher(globs: readonly string[] = DEFAULT_GLOBS): (path: string) => boolean {
  // Thousands of globs each name a folder of their own: only those of the folders above a path are asked.
  const byStem = new Map([...groupBy(new Set(globs), stemOf)].map(([stem, those]) => [stem, matcherOf(those, stem)]))
  return (path) => isPossible(path) && someStem(path, byStem)
}

function matcherOf(globs: readonly string[], stem: string): (path: string) => boolean {
  const patterns = globs.filter((glob) => glob !== stem)
  const matches = patterns.length === 0 ? () => false : picomatch(patterns, { dot: true })
  return patterns.length === globs.length ? matches : (path) => path === stem || matches(path)
}

function someStem(path: string, byStem: ReadonlyMap<string, (path: string) => boolean>): boolean {
  for (const stem of stemsOf(path)) if (byStem.get(stem)?.(path)) return true
  return false
}

function isPossible(path: string): boolean {
  return path.length <= LONGEST_NAME || (path.length <= LONGEST_PATH && !TOO_LONG_NAME.test(path))
}

import picomatch from 'picomatch'

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
  const matches = picomatch([...new Set(globs)], { dot: true })
  return (path) => isPossible(path) && matches(path)
}

function isPossible(path: string): boolean {
  return path.length <= LONGEST_NAME || (path.length <= LONGEST_PATH && !TOO_LONG_NAME.test(path))
}

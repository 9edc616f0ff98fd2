import picomatch from 'picomatch'

/** Files that are looked at where a policy names none: YAML, and kustomizations without an ending. */
export const DEFAULT_GLOBS: readonly string[] = ['**/*.yaml', '**/*.yml', '**/Kustomization']

/** Tells whether a path from the root of a Git repository matches one of the globs. Dot files match like others. */
export function fileMatcher(globs: readonly string[] = DEFAULT_GLOBS): (path: string) => boolean {
  return picomatch([...new Set(globs)], { dot: true })
}

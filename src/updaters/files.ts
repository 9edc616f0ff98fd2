import picomatch from 'picomatch'

/** Files that are looked at where a policy names none: YAML, and kustomizations without an ending. */
const DEFAULT_GLOBS = ['**/*.yaml', '**/*.yml', '**/Kustomization']

/** Tells whether a path from the root of a Git repository matches one of the globs. Dot files match like others. */
export function fileMatcher(globs: readonly string[] = DEFAULT_GLOBS): (path: string) => boolean {
  return picomatch([...globs], { dot: true })
}

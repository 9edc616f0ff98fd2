import { groupBy } from '../group-by.js'

/** Files of a branch, by globs. */
export interface FileScope {
  readonly globs: readonly string[]
  /** Whether a file matches one of the globs, by its path from the root. */
  readonly matches: (file: string) => boolean
}

/**
 * Finds the scopes of a file. Thousands of policies each write to a folder of their own: only the scopes of the folders above a
 * file are asked whether it matches.
 */
export function scopeIndex<Scope extends FileScope>(scopes: readonly Scope[]): (file: string) => readonly Scope[] {
  const stems = scopes.flatMap((scope) => scope.globs.map((glob) => ({ stem: stemOf(glob), scope })))
  const byStem = groupBy(stems, ({ stem }) => stem)
  if (byStem.size === 0) return () => []
  return (file) => {
    const found = new Set<Scope>()
    for (const stem of stemsOf(file)) for (const { scope } of byStem.get(stem) ?? []) found.add(scope)
    return [...found].filter(({ matches }) => matches(file))
  }
}

/** What every path that matches a glob begins with: the names before the first one that may be a pattern. */
export function stemOf(glob: string): string {
  const names = glob.split('/')
  const pattern = names.findIndex((name) => !/^[\w .-]+$/.test(name) || name === '.' || name === '..')
  return pattern === -1 ? glob : names.slice(0, pattern).join('/')
}

/** A path and all folders above it, up to the root. */
export function* stemsOf(file: string): Generator<string> {
  yield ''
  for (let at = file.indexOf('/'); at !== -1; at = file.indexOf('/', at + 1)) yield file.slice(0, at)
  yield file
}

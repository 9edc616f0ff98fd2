import { z } from 'zod'
import { section, textThat } from './fields.js'
import { isBranch } from './texts.js'
import { notEmpty } from './values.js'

/*
 * Where else policies are read from: files in Git.
 */

/** The path of a file or folder from the root of a repository; `.` is the root. */
export function isPathInGit(text: string): boolean {
  if (text === '.') return true
  if (text.length > 1_024 || /[\p{Cc}\\]/u.test(text)) return false
  return text.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

const entry = section({
  git: notEmpty().meta({ description: 'Name of an entry of `git`.' }),
  path: textThat('a path from the root of the repository, such as "policies"', isPathInGit).meta({
    description: 'A policy file, or a folder whose .yaml and .yml files are. They have `policies` only.',
    examples: ['policies', 'tidemark.yaml'],
  }),
  branch: textThat('a branch name', isBranch)
    .optional()
    .meta({ description: 'The branch they are on. Default: the one of the entry of `git`.' }),
})

const MOST_ENTRIES = 20

/** One alone need not be in a list. */
export const policiesFrom = z
  .array(entry, { error: 'expected a map of "git" and "path", or a list of such' })
  .max(MOST_ENTRIES, { error: `expected at most ${MOST_ENTRIES} entries` })
  .meta({ description: 'Policies that are read from Git, besides those that stand here.' })

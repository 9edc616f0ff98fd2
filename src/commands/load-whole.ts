import type { Configuration } from '../config/configuration.js'
import { systemClock } from '../lifecycle/clock.js'
import { readGitPolicies } from '../parts/git-policies.js'
import { redactor } from '../telemetry/redaction.js'
import { GitError } from '../updaters/git/errors.js'
import type { Invocation } from './command.js'

/** The configuration with the policies that are in Git. Throws `ConfigError`, and `GitError` where they cannot be read. */
export async function loadWhole({ load, signal }: Pick<Invocation, 'load' | 'signal'>): Promise<Configuration> {
  const local = await load()
  if (local.policiesFrom.length === 0) return local
  try {
    return await load({ sources: await readGitPolicies(local, { clock: systemClock, signal }) })
  } catch (error) {
    if (!(error instanceof GitError)) throw error
    // A server may repeat what it was given to log in with.
    throw new GitError(error.code, redactor(local.secrets)(error.message), { cause: error })
  }
}

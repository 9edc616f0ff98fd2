import { reasonOf } from '../../error.js'
import { GitError } from './errors.js'

/** What a call of the file system threw, as `STATE`, retryable. Anything else stays as it is. */
export function stateError(thrown: unknown): unknown {
  const isOfTheSystem = thrown instanceof Error && !(thrown instanceof GitError) && 'syscall' in thrown
  return isOfTheSystem ? new GitError('STATE', reasonOf(thrown), { retryable: true, cause: thrown }) : thrown
}

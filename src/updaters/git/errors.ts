import { TidemarkError } from '../../error.js'

export type GitErrorCode =
  | 'UNREACHABLE' // no connection, a broken one, or no answer in time
  | 'UNAUTHORIZED' // refused credentials, or none where some are needed
  | 'REPOSITORY_NOT_FOUND'
  | 'BRANCH_NOT_FOUND'
  | 'EMPTY_REPOSITORY'
  | 'STALE' // the branch moved: somebody was faster
  | 'REJECTED' // a hook, a protected branch, a missing right: trying again does not help
  | 'INVALID_ANSWER' // not the protocol, or a truncated or corrupt pack
  | 'TOO_LARGE'
  | 'UNSUPPORTED'
  | 'UNSIGNED' // a commit's key is missing, locked, expired or none
  | 'STATE' // our own folder cannot be read or written

/** What a Git server answered, or that it did not. */
export class GitError extends TidemarkError<GitErrorCode> {}

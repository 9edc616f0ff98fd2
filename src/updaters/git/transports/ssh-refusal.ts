import { GitError } from '../errors.js'

/** How a program at the server ended. Undefined where the server does not say. */
export interface RemoteExit {
  readonly code: number | null | undefined
  readonly signal?: string | undefined
}

/** Why a program at the server ended without an answer, by the words that it left. */
export function remoteRefusal(said: string, { code, signal }: RemoteExit): GitError {
  const reason = wordsOf(said)
  if (code === 127 || /command not found/i.test(reason))
    return new GitError('UNSUPPORTED', `server has no Git: ${reason || 'status 127'}`)
  if (NOT_FOUND.test(reason)) return new GitError('REPOSITORY_NOT_FOUND', reason)
  if (UNAUTHORIZED.test(reason)) return new GitError('UNAUTHORIZED', reason)
  const ended = signal === undefined ? `with status ${code ?? 'unknown'}` : `by ${signal.slice(0, 20)}`
  return new GitError('UNREACHABLE', reason || `program at the server ended ${ended}, without a word`, {
    retryable: true,
  })
}

// Git, GitHub, GitLab, Gitea and Forgejo, Bitbucket, Azure DevOps, Gerrit. Who may not see a repository is told that there is none.
const NOT_FOUND =
  /not (?:appear to be )?a git repository|(?:repository|project|path)\b.{0,80}\bnot (?:be )?found|do(?:es)? ?n[o']t exist|either does not exist|cannot find repository|no such (?:repository|project)/i

// The same, of keys without the right, and of Git where the folder belongs to somebody else.
const UNAUTHORIZED =
  /permission.{0,200}\bdenied|access denied|denied access|unauthorized|not (?:allowed|authorized|permitted)|forbidden|read[- ]only|does not have (?:write|push|read) access|do not have (?:access|permission)|dubious ownership|account .{0,80}(?:disabled|suspended|not available)/i

/** In one line, without the frames that forges draw around it. */
function wordsOf(said: string): string {
  const lines = said.split(/[\r\n]+/).map((line) =>
    line
      .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
      .replace(/^\s*remote:/, '')
      .trim(),
  )
  return lines
    .filter((line) => /[\p{L}\p{N}]/u.test(line))
    .join('; ')
    .slice(0, 500)
}

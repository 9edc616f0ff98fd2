import { converse, serverText } from './answer.js'
import { GitError } from './errors.js'
import { FLUSH, packetLine, packets, splitBands, textLines } from './packet-lines.js'
import type { Oid } from './repository.js'
import type { Transport } from './transports/transport.js'

export interface ReferenceChange {
  readonly branch: string
  /** The commit that is replaced. The server compares it, which makes a push a compare-and-swap. */
  readonly from: Oid
  readonly to: Oid
  readonly pack: Buffer
}

/**
 * Moves one branch in one request. Source: gitprotocol-pack(5), "Pushing Data To a Server".
 * Throws `STALE`, retryable, where the branch is not at `from`; `REJECTED` with the server's words where a rule refuses it.
 */
export async function pushChange(
  transport: Transport,
  { branch, from, to, pack }: ReferenceChange,
  signal: AbortSignal,
): Promise<void> {
  const reference = `refs/heads/${branch}`
  // Without a look at the server's capabilities: every server of the last decade has these.
  const command = packetLine(`${from} ${to} ${reference}\0 report-status side-band-64k agent=tidemark`)
  const answer = await converse(transport, 'git-receive-pack', Buffer.concat([command, FLUSH, pack]), { signal })
  const { lines, messages } = readReport(answer)
  const said = serverText(transport, messages)

  const refused = lines.find((line) => line.startsWith(`ng ${reference} `) || line.startsWith('ERR '))
  if (refused !== undefined) throw refusal(serverText(transport, refused.replace(/^(ERR|ng \S+) /, '')), said)
  const unpack = lines.find((line) => line.startsWith('unpack '))
  if (unpack !== undefined && unpack !== 'unpack ok') throw refusal(serverText(transport, unpack), said)
  if (unpack === undefined || !lines.includes(`ok ${reference}`)) throw noReport(said)
}

// The words of Git (receive-pack, refs), GitHub, GitLab, JGit and Azure DevOps for: somebody else moved the branch.
const STALE =
  /fetch first|non-fast-forward|failed to update ref|cannot lock ref|failed to lock|lock failure|incorrect old value|stale info|reference already exists|is at [0-9a-f]{40} but expected|already been updated|missing necessary objects/i

function readReport(answer: Buffer): { lines: readonly string[]; messages: string } {
  const { lines, data, messages } = splitBands(answer)
  // Inside band 1 stand packets again; a server without bands sends them bare.
  return { lines: data.length === 0 ? lines : textLines(packets(data)), messages }
}

function refusal(reason: string, said: string): GitError {
  const message = said === '' ? reason : `${reason} (${said})`
  // Only the reason of the reference itself: a hook may print any of these words, and its no is final.
  if (STALE.test(reason)) return new GitError('STALE', `branch has moved: ${message}`, { retryable: true })
  return new GitError('REJECTED', message)
}

function noReport(said: string): GitError {
  return new GitError('INVALID_ANSWER', `server did not report what it did${said && ` (${said})`}`, { retryable: true })
}

import { converse, serverText } from './answer.js'
import { GitError } from './errors.js'
import { FLUSH, packetLine, packets, splitBands, textLines } from './packet-lines.js'
import { refusalOf } from './refusal.js'
import type { Oid } from './repository.js'
import type { Transport } from './transports/transport.js'

export interface ReferenceChange {
  readonly branch: string
  /** The commit that is replaced, or `NO_COMMIT`. The server compares it, which makes a push a compare-and-swap. */
  readonly from: Oid
  readonly to: Oid
  readonly pack: Buffer
  /** Whether what is replaced need not lead to the new commit. */
  readonly forces?: boolean
  /** For the server's hooks. Only for a server that has the capability `push-options`. */
  readonly serverOptions?: readonly string[] | undefined
}

/** Stands for the commit of a branch that does not exist. */
export const NO_COMMIT: Oid = '0'.repeat(40)

/**
 * Moves one branch in one request. Source: gitprotocol-pack(5), "Pushing Data To a Server".
 * Throws `STALE`, retryable, where the branch is not at `from`; `REJECTED` with the server's words where a rule refuses it.
 */
export async function pushChange(transport: Transport, change: ReferenceChange, signal: AbortSignal): Promise<void> {
  const { branch, pack, forces = false } = change
  const reference = `refs/heads/${branch}`
  const answer = await converse(transport, 'git-receive-pack', Buffer.concat([...commandOf(change), pack]), { signal })
  const { lines, messages } = readReport(answer)
  const said = serverText(transport, messages)

  const refused = lines.find((line) => line.startsWith(`ng ${reference} `) || line.startsWith('ERR '))
  const unpacked = lines.find((line) => line.startsWith('unpack '))
  const reasons = [refused?.replace(/^(ERR|ng \S+) /, ''), unpacked === 'unpack ok' ? undefined : unpacked]
  const reason = reasons.filter((text) => text !== undefined).join(', ')
  if (reason !== '') throw refusalOf({ reason: serverText(transport, reason), said, forces })
  if (unpacked === undefined || !lines.includes(`ok ${reference}`)) throw noReport(said)
}

/** Without a look at the server's capabilities: every server of the last decade has these, but for the options. */
function commandOf({ branch, from, to, serverOptions = [] }: ReferenceChange): readonly Buffer[] {
  const capabilities = ['report-status', 'side-band-64k', 'agent=tidemark']
  if (serverOptions.length > 0) capabilities.push('push-options')
  const command = [packetLine(`${from} ${to} refs/heads/${branch}\0 ${capabilities.join(' ')}`), FLUSH]
  return serverOptions.length === 0 ? command : [...command, ...serverOptions.map(packetLine), FLUSH]
}

function readReport(answer: Buffer): { lines: readonly string[]; messages: string } {
  const { lines, data, messages } = splitBands(answer)
  // Inside band 1 stand packets again; a server without bands sends them bare.
  return { lines: data.length === 0 ? lines : textLines(packets(data)), messages }
}

function noReport(said: string): GitError {
  return new GitError('INVALID_ANSWER', `server did not report what it did${said && ` (${said})`}`, { retryable: true })
}

import { stream } from '../answer.js'
import { DELIMITER, FLUSH, packetLine } from '../packet-lines.js'
import type { Oid } from '../repository.js'
import type { Transport } from '../transports/transport.js'
import { within } from '../within.js'
import { packOf } from './fetch-answer.js'

/** What to fetch. Source: gitprotocol-v2(5), "fetch", and git-rev-list(1), `--filter`. */
export interface FetchOrder {
  /** Objects of any kind, by their ids. */
  readonly wants: readonly Oid[]
  /** So many generations of the history: 1 is a commit's files and no other commit. */
  readonly depth?: number | undefined
  /** A commit that is here with its trees: what it has is left out, and the pack has deltas of it. */
  readonly have?: Oid | undefined
  /** Where ends what is here of its history. Absent: it is the one commit. */
  readonly ends?: readonly Oid[] | undefined
  /** False: the pack must be whole. */
  readonly thin?: boolean | undefined
  readonly filter?: string | undefined
  /** Above so many bytes of the answer `TOO_LARGE` is thrown. */
  readonly maxBytes?: number | undefined
}

/** Asks for objects, and gives the pack as it arrives. Protocol version 2 alone. */
export async function* fetchPack(
  transport: Transport,
  { wants, depth, have, ends = have === undefined ? [] : [have], thin = true, filter, maxBytes }: FetchOrder,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const lines = [
    'no-progress',
    'ofs-delta',
    ...(depth === undefined ? [] : [`deepen ${depth}`]),
    ...(filter === undefined ? [] : [`filter ${filter}`]),
    // Without `thin-pack` Git's server takes no notice of what a client without history has, and sends every file again.
    ...(have === undefined
      ? []
      : [...(thin ? ['thin-pack'] : []), ...ends.map((oid) => `shallow ${oid}`), `have ${have}`]),
  ]
  const question = [
    packetLine('command=fetch\n'),
    DELIMITER,
    ...lines.map((line) => packetLine(`${line}\n`)),
    // Thousands, and all of one length.
    Buffer.from(wants.map((oid) => `0032want ${oid}\n`).join('')),
    packetLine('done\n'),
    FLUSH,
  ]
  const headers = { 'git-protocol': 'version=2' }
  const body = await stream(transport, 'git-upload-pack', Buffer.concat(question), { signal, headers })
  yield* packOf(transport, maxBytes === undefined ? body : within(body, maxBytes))
}

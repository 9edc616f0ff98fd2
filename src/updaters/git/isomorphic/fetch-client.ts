import type { HttpClient } from 'isomorphic-git'
import { fetchRefusal, serverText, stream } from '../answer.js'
import { FLUSH, lineOf, packetLine, packets, splitBands } from '../packet-lines.js'
import type { Oid } from '../repository.js'
import type { Transport } from '../transports/transport.js'
import { within } from '../within.js'
import { inspectPack, type PackFacts } from './inspect-pack.js'

export interface FetchClientOptions {
  readonly transport: Transport
  readonly branch: string
  readonly tip: Oid
  /** The store has everything of the commit that the fetch builds upon, so that the pack may have deltas of it. */
  readonly thin: boolean
  readonly capabilities: readonly string[]
  readonly signal: AbortSignal
  /** Above so many bytes of the answer `TOO_LARGE` is thrown. */
  readonly maxBytes?: number
}

/**
 * What isomorphic-git speaks through in one fetch. It is shown a server with one branch, whose tip is known already: the real
 * list may have many thousands, and isomorphic-git fails on one whose HEAD names a branch that does not exist. An answer is
 * verified to its last byte before isomorphic-git sees it, which would take a broken one for success.
 */
export function fetchClient(options: FetchClientOptions): { http: HttpClient; facts: () => PackFacts | undefined } {
  const { transport, signal, maxBytes = Number.POSITIVE_INFINITY } = options
  let facts: PackFacts | undefined

  async function answer(method: string, body: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
    if (method === 'GET') return advertisementOf(options)
    const question = await collect(body)
    const wanted = options.thin && options.capabilities.includes('thin-pack') ? askThin(question) : question
    const received = await collect(within(await stream(transport, 'git-upload-pack', wanted, { signal }), maxBytes))
    facts = await verifyFetch(transport, received)
    return received
  }

  return {
    facts: () => facts,
    http: {
      async request({ url, method = 'GET', body }) {
        const bytes = await answer(method, body)
        const type = method === 'GET' ? 'advertisement' : 'result'
        const headers = { 'content-type': `application/x-git-upload-pack-${type}` }
        return { url, method, headers, statusCode: 200, statusMessage: 'OK', body: chunks([bytes]) }
      },
    },
  }
}

function advertisementOf({ branch, tip, capabilities }: FetchClientOptions): Buffer {
  const reference = `refs/heads/${branch}`
  const kept = capabilities.filter((capability) => !capability.startsWith('symref='))
  const line = `${tip} ${reference}\0${[...kept, `symref=HEAD:${reference}`].join(' ')}\n`
  return Buffer.concat([packetLine('# service=git-upload-pack\n'), FLUSH, packetLine(line), FLUSH])
}

/**
 * Adds `thin-pack`, which isomorphic-git does not ask for although it reads such packs, to the first line's capabilities.
 * Without it Git's server takes no notice of what a client without history has, and sends every file again.
 */
function askThin(question: Buffer): Buffer {
  const [want] = packets(question)
  if (!Buffer.isBuffer(want)) return question
  return Buffer.concat([packetLine(`${lineOf(want)} thin-pack\n`), question.subarray(4 + want.length)])
}

async function verifyFetch(transport: Transport, answer: Buffer): Promise<PackFacts> {
  const { lines, data, messages, gaveUp } = splitBands(answer)
  if (gaveUp) {
    const error = lines.find((line) => line.startsWith('ERR '))
    throw fetchRefusal(serverText(transport, error?.slice(4) ?? messages))
  }
  return inspectPack(data)
}

async function collect(body: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of body ?? []) parts.push(part)
  return Buffer.concat(parts)
}

async function* chunks(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* parts
}

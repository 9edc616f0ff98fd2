import { untilAborted } from '../../../lifecycle/until-aborted.js'
import { GitError } from '../errors.js'
import { FLUSH, truncated } from '../packet-lines.js'
import { type AdvertisementScan, scanAdvertisement } from './advertisement.js'
import type { Deadline } from './deadline.js'
import { connectionLost } from './ssh-connection.js'
import type { RemoteProgram } from './ssh-lane.js'
import { type RemoteExit, remoteRefusal } from './ssh-refusal.js'
import type { TransportRequest } from './transport.js'

export interface ConversationOptions {
  /** Is closed when the conversation is over. */
  readonly deadline: Deadline
  readonly maxAnswerBytes: number
}

/** Asks a program of Git that has just started, and gives its answer as it arrives. */
export async function* conversation(
  program: RemoteProgram,
  { method, headers, body, signal }: TransportRequest,
  options: ConversationOptions,
): AsyncGenerator<Uint8Array> {
  const { channel } = program
  const { deadline } = options
  const stop = () => {
    // Who asked may want no more of it. Otherwise it is the server that says nothing.
    if (!signal.aborted) program.distrust()
    program.leave()
  }
  deadline.signal.addEventListener('abort', stop, { once: true })
  try {
    const output = outputOf(program, options)
    if (method === 'POST') {
      channel.end(body)
      yield* result(output, headers['git-protocol'])
    } else {
      yield* advertisement(output, scanAdvertisement())
      // How a client takes leave that wants nothing more.
      channel.end(FLUSH)
    }
  } finally {
    deadline.close()
    deadline.signal.removeEventListener('abort', stop)
    program.leave()
  }
}

async function* result(output: Output, protocol: string | undefined): AsyncGenerator<Buffer> {
  const scan = scanAdvertisement()
  const first = advertisement(output, scan)
  let step = await first.next()
  while (!step.done) step = await first.next()
  // One of several servers behind one name may be another.
  if (protocol === 'version=2' && scan.first().trimEnd() !== 'version 2')
    throw new GitError('INVALID_ANSWER', 'server speaks protocol version 2 no more', { retryable: true })

  let isEmpty = step.value.length === 0
  if (!isEmpty) yield step.value
  for await (const chunk of output.chunks) {
    isEmpty = false
    yield chunk
  }
  await output.requireEnd(isEmpty ? '' : undefined)
}

/** What a program says before it is asked, and what came along with its end. */
async function* advertisement(output: Output, scan: AdvertisementScan): AsyncGenerator<Buffer, Buffer> {
  for (;;) {
    const { done, value } = await output.chunks.next()
    if (done) break
    const end = scan.feed(value)
    yield value.subarray(0, end)
    if (end !== undefined) return value.subarray(end)
  }
  await output.requireEnd(scan.first())
  throw truncated()
}

/** What a program prints. */
interface Output {
  /** Bounded in bytes and time. */
  readonly chunks: AsyncGenerator<Buffer, undefined>
  /** Throws where the connection was lost, and where the program failed without an answer; `words` are what it said instead. */
  requireEnd(words: string | undefined): Promise<void>
}

function outputOf({ channel, isConnected }: RemoteProgram, { deadline, maxAnswerBytes }: ConversationOptions): Output {
  let said = ''
  channel.stderr.on('data', (chunk: Buffer) => {
    deadline.renew()
    if (said.length < MAX_SAID) said += chunk
  })
  const exit = new Promise<RemoteExit>((resolve) => {
    channel.once('close', (code?: number | null, signal?: string) => resolve({ code, signal }))
  })

  async function* chunks(): AsyncGenerator<Buffer, undefined> {
    const arriving = channel.iterator({ destroyOnReturn: false })
    for (let total = 0; ; ) {
      const { done, value } = await untilAborted<IteratorResult<Buffer>>(deadline.signal, arriving.next())
      if (done) return
      deadline.renew()
      total += value.length
      if (total > maxAnswerBytes) throw new GitError('TOO_LARGE', `answer has more than ${maxAnswerBytes} bytes`)
      yield value
    }
  }

  return {
    chunks: chunks(),
    async requireEnd(words) {
      const ended = await untilAborted(deadline.signal, exit)
      // The end of the output alone says nothing: that of a broken connection looks the same.
      if (ended.code === undefined && !isConnected()) throw connectionLost()
      // An answer says by itself whether it is whole.
      if (words !== undefined && (ended.code !== 0 || words.startsWith(ERROR)))
        throw remoteRefusal(said || words.slice(words.startsWith(ERROR) ? ERROR.length : 0), ended)
    },
  }
}

const MAX_SAID = 4_000

/** How a server begins the packet that says why it gives up. */
const ERROR = 'ERR '

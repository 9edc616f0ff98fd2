import type { Readable } from 'node:stream'
import { GitError } from '../errors.js'
import type { Deadline } from './deadline.js'
import { failureOf } from './failure.js'

/** A body as it arrives, until it is too long or too late. The deadline is closed with it. */
export async function* boundedBody(stream: Readable, deadline: Deadline, limit: number): AsyncGenerator<Uint8Array> {
  const stop = () => stream.destroy(new Error('stopped'))
  deadline.signal.addEventListener('abort', stop, { once: true })
  let total = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      deadline.renew()
      total += chunk.length
      if (total > limit) throw new GitError('TOO_LARGE', `answer has more than ${limit} bytes`)
      yield chunk
    }
  } catch (thrown) {
    throw failureOf(thrown, deadline)
  } finally {
    deadline.close()
    stream.destroy()
  }
}

import { GitError } from './errors.js'

/** What arrives, up to so many bytes. Throws `TOO_LARGE` above. */
export async function* within<T extends Uint8Array>(chunks: AsyncIterable<T>, maxBytes: number): AsyncGenerator<T> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new GitError('TOO_LARGE', `answer has more than ${maxBytes} bytes`)
    yield chunk
  }
}

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { reasonOf } from '../../error.js'
import type { PrivateKey } from './transports/access.js'

/** Far more than any key needs, with all the signatures of others that an OpenPGP key may carry. */
const MAX_KEY_BYTES = 256 * 1024

/** The text of a key, read now where it is in a file. What it throws goes on after the name of the file. */
export async function readKeyText(source: PrivateKey): Promise<string> {
  if ('text' in source) return source.text
  const bytes = await readStart(source.file, MAX_KEY_BYTES + 1).catch((cause) => {
    throw new Error(`cannot be read: ${reasonOf(cause)}`, { cause })
  })
  if (bytes.length > MAX_KEY_BYTES) throw new Error(`is larger than ${MAX_KEY_BYTES} bytes`)
  return bytes.toString('utf8')
}

async function readStart(path: string, length: number): Promise<Buffer> {
  // Without O_NONBLOCK the opening of a pipe waits for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is not a file')
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

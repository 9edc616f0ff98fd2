import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { reasonOf } from '../error.js'

/** The text of a file, or why there is none. */
export type TextFile = { readonly text: string } | { readonly complaint: string }

export type ReadText = (path: string, maxBytes: number) => Promise<TextFile>

/** Reads a UTF-8 file of at most `maxBytes`. Pipes and devices are refused, as reading them may never end. */
export async function readTextFile(path: string, maxBytes: number): Promise<TextFile> {
  try {
    // Without O_NONBLOCK the opening of a pipe waits for its writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      if (!(await file.stat()).isFile()) return { complaint: 'it is not a file' }
      const buffer = Buffer.alloc(maxBytes + 1)
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
      if (bytesRead > maxBytes) return { complaint: `it is larger than ${maxBytes / 1024} KiB` }
      return decode(buffer.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  } catch (error) {
    return { complaint: systemComplaint(error) }
  }
}

/** The sentence of a file system error without the path, which the caller tells. */
export function systemComplaint(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'it does not exist'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  return typeof code === 'string' ? `the system answered ${code}` : reasonOf(error)
}

function decode(bytes: Uint8Array): TextFile {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    return { complaint: 'it starts with a byte order mark' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { complaint: 'it is not UTF-8 text' }
  }
}

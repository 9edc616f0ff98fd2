import { open } from 'node:fs/promises'

/** A file that is read by blocks. Its key stays while its path may change. */
export interface BlockFile {
  readonly key: string
  readonly path: string
}

/** Reads pieces of files by whole blocks, of which those used last stay in memory: neighbours are mostly read together. */
export interface Blocks {
  /** Fewer bytes where the file ends before. What is returned is shared, and not to be written to. */
  read(file: BlockFile, position: number, length: number): Promise<Buffer>
  /** The same where it is in memory already. */
  cached(file: BlockFile, position: number, length: number): Buffer | undefined
  /** Keeps a block that is in memory already. */
  keep(file: BlockFile, index: number, block: Buffer): void
}

export const BLOCK_BYTES = 256 * 1024

export function openBlocks(maxBlocks = 32): Blocks {
  const blocks = new Map<string, Buffer>()

  function remember(key: string, block: Buffer): void {
    blocks.delete(key)
    blocks.set(key, block)
    const [oldest] = blocks.keys()
    if (blocks.size > maxBlocks && oldest !== undefined) blocks.delete(oldest)
  }

  async function blockOf(file: BlockFile, index: number): Promise<Buffer> {
    const key = `${file.key}/${index}`
    const block = blocks.get(key) ?? (await readPiece(file.path, index * BLOCK_BYTES, BLOCK_BYTES))
    remember(key, block)
    return block
  }

  return {
    async read(file, position, length) {
      const first = Math.floor(position / BLOCK_BYTES)
      const last = Math.floor((position + length - 1) / BLOCK_BYTES)
      // What fills several would drive out all others.
      if (last - first > 4) return readPiece(file.path, position, length)
      const start = position - first * BLOCK_BYTES
      if (last <= first) return (await blockOf(file, first)).subarray(start, start + length)
      const parts: Buffer[] = []
      for (let index = first; index <= last; index++) parts.push(await blockOf(file, index))
      return Buffer.concat(parts).subarray(start, start + length)
    },
    cached(file, position, length) {
      const index = Math.floor(position / BLOCK_BYTES)
      const start = position - index * BLOCK_BYTES
      if (start + length > BLOCK_BYTES) return undefined
      return blocks.get(`${file.key}/${index}`)?.subarray(start, start + length)
    },
    keep: (file, index, block) => remember(`${file.key}/${index}`, block),
  }
}

async function readPiece(path: string, position: number, length: number): Promise<Buffer> {
  const handle = await open(path)
  try {
    const buffer = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  } finally {
    await handle.close()
  }
}

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { writeAtomically } from './git/write-atomically.js'
import { SCANNER_VERSION } from './place-index.js'
import type { ScanMemory, Scanned } from './scan.js'

/** Nobody waits for more to be read at a start. */
const LARGEST_CHARACTERS = 64 * 1024 ** 2

/** In a file. What it has is of use where `conditions`, from which the scan follows, are the same: globs and paths. */
export function openScanMemory(file: string, conditions: unknown): ScanMemory {
  const key = createHash('sha256')
    .update(JSON.stringify([SCANNER_VERSION, conditions]))
    .digest('base64url')
  return {
    async load() {
      const text = await readFile(file, 'utf8').catch(() => '')
      return text.length > LARGEST_CHARACTERS ? undefined : tryParse(text, key)
    },
    async save({ tree, files }) {
      const text = JSON.stringify({ key, tree, files })
      if (text.length <= LARGEST_CHARACTERS) await writeAtomically(file, text)
    },
  }
}

function tryParse(text: string, key: string): Scanned | undefined {
  try {
    const { key: found, tree, files } = JSON.parse(text)
    if (found !== key || typeof tree !== 'string' || !Array.isArray(files)) return undefined
    return { tree, files }
  } catch {
    return undefined
  }
}

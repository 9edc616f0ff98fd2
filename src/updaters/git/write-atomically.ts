import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TEMPORARY } from './leftovers.js'

/** Makes the file appear whole or not at all, with its folder. */
export async function writeAtomically(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}${TEMPORARY}`)
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(temporary, data)
    await rename(temporary, path).catch(async (thrown) => {
      if (thrown.code !== 'EISDIR') throw thrown
      // Whoever put a folder there: the file is what belongs there.
      await rm(path, { recursive: true })
      await rename(temporary, path)
    })
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

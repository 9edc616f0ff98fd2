import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What a file is called until it is whole. */
export const TEMPORARY = '.tmp'

/** Removes files of a folder that were never made whole: whoever wrote them has ended meanwhile. */
export async function removeLeftovers(folder: string, now: number): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) if (name.endsWith(TEMPORARY)) await removeAbandoned(join(folder, name), now)
}

async function removeAbandoned(path: string, now: number): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && now - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true })
}

/** No fetch takes that long. */
const ABANDONED_MS = 24 * 60 * 60_000

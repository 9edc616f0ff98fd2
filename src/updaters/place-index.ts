import { appendFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { reasonOf } from '../error.js'
import { GitError } from './git/errors.js'
import type { Oid } from './git/repository.js'
import type { Scan } from './manifests/place.js'

/**
 * What each blob contains, by its object id and file name, in memory and in one file of the state folder: a file that did not
 * change is never read twice, not even after a restart. All of it can be lost, and is then found again.
 */
export interface PlaceIndex {
  get(oid: Oid, name: string): Scan | undefined
  set(oid: Oid, name: string, scan: Scan): void
  /** Writes what is new to disk. Afterwards all may be forgotten: where it has grown beyond what the branch can have. */
  flush(): Promise<void>
}

/** Raised when the same bytes give other places than before: what an older version found is then found again. */
const SCANNER_VERSION = 1

const NOTHING: Scan = { places: [], warnings: [] }

/** Above this size the index is begun anew: it then holds mostly blobs that no branch has any more. */
const LARGEST_FILE_BYTES = 128 * 1024 * 1024

/** Opens the index kept in `file`. A broken line, such as a crash leaves behind, is passed over. Throws `GitError` `STATE`. */
export async function openPlaceIndex(file: string, largestBytes = LARGEST_FILE_BYTES): Promise<PlaceIndex> {
  const { scans, size } = await load(file, largestBytes)
  let bytes = size
  let unsaved: string[] = []
  const keyOf = (oid: Oid, name: string) => `${SCANNER_VERSION}/${oid}/${name}`

  return {
    get: (oid, name) => scans.get(keyOf(oid, name)),
    set(oid, name, scan) {
      const empty = scan.places.length === 0 && scan.warnings.length === 0
      scans.set(keyOf(oid, name), empty ? NOTHING : scan)
      unsaved.push(`${JSON.stringify(empty ? [keyOf(oid, name)] : [keyOf(oid, name), scan])}\n`)
    },
    async flush() {
      if (unsaved.length === 0) return
      const lines = unsaved.join('')
      unsaved = []
      bytes += Buffer.byteLength(lines)
      if (bytes <= largestBytes) return asState(file, () => append(file, lines))
      scans.clear()
      bytes = 0
      await asState(file, () => rm(file, { force: true }))
    },
  }
}

async function load(file: string, largestBytes: number): Promise<{ scans: Map<string, Scan>; size: number }> {
  const scans = new Map<string, Scan>()
  await asState(file, () => mkdir(dirname(file), { recursive: true }))
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size === 0 || size > largestBytes) {
    await asState(file, () => writeFile(file, ''))
    return { scans, size: 0 }
  }
  const text = await asState(file, () => readFile(file, 'utf8'))
  for (const line of text.split('\n')) {
    const entry = tryParseEntry(line)
    if (entry !== undefined) scans.set(entry[0], entry[1])
  }
  // A last line without its end would swallow the next one that is appended.
  if (!text.endsWith('\n')) await asState(file, () => appendFile(file, '\n'))
  return { scans, size }
}

/** Somebody may have emptied the state folder meanwhile: what is lost there is found again. */
async function append(file: string, lines: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await appendFile(file, lines)
}

function tryParseEntry(line: string): readonly [string, Scan] | undefined {
  try {
    const [key, scan = NOTHING] = JSON.parse(line)
    return typeof key === 'string' && Array.isArray(scan.places) && Array.isArray(scan.warnings)
      ? [key, scan]
      : undefined
  } catch {
    return undefined
  }
}

async function asState<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new GitError('STATE', `Cannot use "${file}": ${reasonOf(error)}`, { cause: error })
  }
}

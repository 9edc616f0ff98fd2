import { hash } from 'node:crypto'
import { appendFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { reasonOf } from '../error.js'
import { GitError } from './git/errors.js'
import type { Oid } from './git/repository.js'
import { isEmptyScan, type Scan } from './manifests/place.js'

/**
 * What each blob contains, by its object id, file name and the YAML paths that were asked for, in memory and in one file of the
 * state folder: a file that did not change is never read twice, not even after a restart. All of it can be lost, and is then
 * found again.
 */
export interface PlaceIndex {
  get(blob: ScannedBlob): Scan | undefined
  set(blob: ScannedBlob, scan: Scan): void
  /** Writes what is new to disk. Afterwards all may be forgotten: where it has grown beyond what the branch can have. */
  flush(): Promise<void>
}

/** What a scan depends on. */
export interface ScannedBlob {
  readonly oid: Oid
  /** Without its folders. */
  readonly name: string
  readonly paths: readonly string[]
}

/** Raised when the same bytes give other places than before: what an older version found is then found again. */
export const SCANNER_VERSION = 3

const NOTHING: Scan = { places: [], warnings: [] }

/** Above this size the index is begun anew: it then holds mostly blobs that no branch has any more. */
const LARGEST_FILE_BYTES = 128 * 1024 * 1024

/** Opens the index kept in `file`. A broken line, such as a crash leaves behind, is passed over. Throws `GitError` `STATE`. */
export async function openPlaceIndex(file: string, largestBytes = LARGEST_FILE_BYTES): Promise<PlaceIndex> {
  const { scans, size } = await load(file, largestBytes)
  let bytes = size
  let unsaved: string[] = []

  return {
    get: (blob) => scans.get(keyOf(blob)),
    set(blob, scan) {
      const key = keyOf(blob)
      const empty = isEmptyScan(scan)
      const line = JSON.stringify(empty ? [key] : [key, scan])
      // What is cut out of a file's text would keep all of it in memory.
      scans.set(key, empty ? NOTHING : JSON.parse(line)[1])
      unsaved.push(`${line}\n`)
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

/** No name has a NUL. Of paths, which may be thousands for every file, a hash. */
function keyOf({ oid, name, paths }: ScannedBlob): string {
  const key = `${SCANNER_VERSION}/${oid}/${name}`
  return paths.length === 0 ? key : `${key}\0${hash('sha256', JSON.stringify(paths), 'base64url')}`
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

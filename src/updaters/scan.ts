import { groupBy } from '../group-by.js'
import { GitError } from './git/errors.js'
import type { GitRepository, Oid, Snapshot, TreeEntry } from './git/repository.js'
import { paced } from './git/turns.js'
import { isEmptyScan, type Scan } from './manifests/place.js'
import { scanManifest } from './manifests/scan.js'
import type { PlaceIndex, ScannedBlob } from './place-index.js'

/** A file that has places, or something odd to tell. */
export interface ScannedFile {
  /** From the root, with `/`. */
  readonly path: string
  readonly oid: Oid
  readonly scan: Scan
}

export interface Scanner {
  /**
   * Every file of the snapshot that has places. What did not change since the last call costs nothing.
   * Throws `GitError` `TOO_LARGE` where there are more than a million files and folders.
   */
  scan(snapshot: Snapshot, signal: AbortSignal): Promise<readonly ScannedFile[]>
}

/** Git itself has no limit; nobody nests deeper. */
const DEEPEST_FOLDER = 100
/** A dozen trees that name each other many times stand for more files than any machine can hold. */
const MOST_ENTRIES = 1_000_000

/** How many times as long as inflating it takes to look for places in what has to be parsed. */
const SCANNING = 8

/** Names that Git itself would not make, or that are not UTF-8: in a path they would say another file, or none. */
const UNNAMABLE = /^\.{0,2}$|[/\ufffd]/
const PASSED_OVER: Scan = {
  places: [],
  warnings: [{ line: 1, message: 'Passed over: the name is not UTF-8, or has what no name can have' }],
}

/**
 * `wanted` tells by its path whether a file is looked at, and `pathsIn` what YAML paths are looked for in it. Symbolic links and
 * submodules never are.
 */
export function createScanner(
  repository: Pick<GitRepository, 'readTree' | 'readBlobs'>,
  index: PlaceIndex,
  wanted: (path: string) => boolean,
  pathsIn: (path: string) => readonly string[] = () => [],
): Scanner {
  let root: Folder | undefined

  return {
    async scan(snapshot, signal) {
      const visited: Visited = { fresh: [], entries: 0 }
      const next = await visit(snapshot.tree, '', root, visited, 0, signal)
      await readUnknown(visited.fresh, signal)
      // From the inside out: a folder has all that those in it have.
      for (const folder of visited.fresh.reverse()) settle(folder)
      root = next
      await index.flush()
      return root.scanned
    },
  }

  // A folder whose object id is the known one is reused whole, with everything below it.
  async function visit(
    oid: Oid,
    path: string,
    known: Folder | undefined,
    visited: Visited,
    depth: number,
    signal: AbortSignal,
  ): Promise<Folder> {
    if (known?.oid === oid) return known
    const folder: Folder = { oid, folders: new Map(), unread: [], unnamable: [], scanned: [] }
    visited.fresh.push(folder)
    if (depth > DEEPEST_FOLDER) return folder
    const entries = await repository.readTree(oid, { signal })
    visited.entries += entries.length
    if (visited.entries > MOST_ENTRIES) throw tooLarge()
    for (const entry of entries) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`
      if (UNNAMABLE.test(entry.name)) {
        if (entry.type === 'tree' || wanted(below))
          folder.unnamable.push({ path: below, oid: entry.oid, scan: PASSED_OVER })
      } else if (entry.type === 'tree') {
        const child = await visit(entry.oid, below, known?.folders.get(entry.name), visited, depth + 1, signal)
        folder.folders.set(entry.name, child)
      } else if (isFile(entry) && wanted(below)) {
        folder.unread.push({ path: below, blob: { oid: entry.oid, name: entry.name, paths: pathsIn(below) } })
      }
    }
    return folder
  }

  async function readUnknown(fresh: readonly Folder[], signal: AbortSignal): Promise<void> {
    const wantedBlobs = fresh.flatMap(({ unread }) => unread.map(({ blob }) => blob))
    const blobs = groupBy(
      wantedBlobs.filter((blob) => index.get(blob) === undefined),
      ({ oid }) => oid,
    )
    const pace = paced()
    for await (const { oid, bytes } of repository.readBlobs([...blobs.keys()], { signal })) {
      for (const blob of blobs.get(oid) ?? []) {
        if (index.get(blob) !== undefined) continue
        index.set(blob, scanManifest(blob.name, bytes, blob.paths))
        await pace(bytes.length * SCANNING)
      }
    }
  }

  function settle(folder: Folder): void {
    const own = folder.unread.flatMap(({ path, blob }) => {
      const scan = index.get(blob)
      return scan === undefined || isEmptyScan(scan) ? [] : [{ path, oid: blob.oid, scan }]
    })
    folder.unread = []
    folder.scanned = [folder.unnamable, own, ...[...folder.folders.values()].map(({ scanned }) => scanned)].flat()
  }
}

interface Folder {
  readonly oid: Oid
  readonly folders: Map<string, Folder>
  /** Until the folder is settled. */
  unread: WantedFile[]
  readonly unnamable: ScannedFile[]
  /** Of this folder and all below it. */
  scanned: readonly ScannedFile[]
}

interface Visited {
  /** Folders that are not as they were, each before those in it. */
  readonly fresh: Folder[]
  entries: number
}

interface WantedFile {
  readonly path: string
  readonly blob: ScannedBlob
}

function isFile(entry: TreeEntry): boolean {
  return entry.type === 'file' || entry.type === 'executable'
}

function tooLarge(): GitError {
  return new GitError('TOO_LARGE', `Cannot scan the branch: more than ${MOST_ENTRIES} files and folders`)
}

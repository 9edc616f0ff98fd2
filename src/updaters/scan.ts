import { groupBy } from '../group-by.js'
import { GitError } from './git/errors.js'
import type { GitRepository, Oid, Snapshot, TreeEntry } from './git/repository.js'
import { paced } from './git/turns.js'
import { isEmptyScan, type Scan } from './manifests/place.js'
import { scanManifest } from './manifests/scan.js'
import type { PlaceIndex, ScannedBlob } from './place-index.js'
import { EVERYWHERE, type Reach } from './reach.js'

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
  /** How many levels of folders it reads from the root, as far as that is known before. */
  readonly levels: number
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

/** Folders that are read at a time, so that those which have to be fetched come together. */
const FOLDERS_AT_A_TIME = 500

/**
 * `wanted` tells by its path whether a file is looked at, and `pathsIn` what YAML paths are looked for in it. Symbolic links and
 * submodules never are. Folders beyond `reach` are not read.
 */
export function createScanner(
  repository: Pick<GitRepository, 'readTree' | 'readBlobs'>,
  index: PlaceIndex,
  wanted: (path: string) => boolean,
  pathsIn: (path: string) => readonly string[] = () => [],
  reach: Reach = EVERYWHERE,
): Scanner {
  let root: Folder | undefined

  return {
    levels: reach.levels,
    async scan(snapshot, signal) {
      const next = emptyFolder(snapshot.tree)
      const fresh =
        root?.oid === snapshot.tree ? [] : await visit({ folder: next, path: '', known: root, reach }, signal)
      await readUnknown(fresh, signal)
      // From the inside out: a folder has all that those in it have.
      for (const folder of fresh.reverse()) settle(folder)
      if (root?.oid !== snapshot.tree) root = next
      await index.flush()
      return root.scanned
    },
  }

  /** Folders that are not as they were, each before those in it. One with the known object id is reused with all below it. */
  async function visit(start: Visit, signal: AbortSignal): Promise<Folder[]> {
    const fresh: Folder[] = []
    let entries = 0
    for (let level = [start], depth = 0; level.length > 0; depth++) {
      fresh.push(...level.map(({ folder }) => folder))
      if (depth > DEEPEST_FOLDER) break
      const below: Visit[] = []
      for (let at = 0; at < level.length; at += FOLDERS_AT_A_TIME) {
        const visits = level.slice(at, at + FOLDERS_AT_A_TIME)
        const trees = await Promise.all(
          visits.map(({ folder, reach }) => repository.readTree(folder.oid, { signal, levels: reach.levels })),
        )
        for (const [index, tree] of trees.entries()) {
          entries += tree.length
          if (entries > MOST_ENTRIES) throw tooLarge()
          const visited = visits[index]
          if (visited !== undefined) below.push(...enter(visited, tree))
        }
      }
      level = below
    }
    return fresh
  }

  /** Notes what is in a folder, and gives the folders in it that are not known. */
  function enter({ folder, path, known, reach }: Visit, entries: readonly TreeEntry[]): readonly Visit[] {
    const below: Visit[] = []
    for (const { name, type, oid } of entries) {
      const inside = path === '' ? name : `${path}/${name}`
      const reachInside = type === 'tree' ? reach.into(name) : undefined
      if (UNNAMABLE.test(name)) {
        if (reachInside !== undefined || wanted(inside)) folder.unnamable.push({ path: inside, oid, scan: PASSED_OVER })
      } else if (reachInside !== undefined) {
        const old = known?.folders.get(name)
        const child = old?.oid === oid ? old : emptyFolder(oid)
        folder.folders.set(name, child)
        if (child !== old) below.push({ folder: child, path: inside, known: old, reach: reachInside })
      } else if (isFile(type) && wanted(inside)) {
        folder.unread.push({ path: inside, blob: { oid, name, paths: pathsIn(inside) } })
      }
    }
    return below
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

function emptyFolder(oid: Oid): Folder {
  return { oid, folders: new Map(), unread: [], unnamable: [], scanned: [] }
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

interface Visit {
  readonly folder: Folder
  readonly path: string
  readonly known: Folder | undefined
  readonly reach: Reach
}

interface WantedFile {
  readonly path: string
  readonly blob: ScannedBlob
}

function isFile(type: TreeEntry['type']): boolean {
  return type === 'file' || type === 'executable'
}

function tooLarge(): GitError {
  return new GitError('TOO_LARGE', `Cannot scan the branch: more than ${MOST_ENTRIES} files and folders`)
}

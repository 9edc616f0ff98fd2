import { groupBy } from '../group-by.js'
import { GitError } from './git/errors.js'
import type { GitRepository, Oid, Snapshot, TreeEntry } from './git/repository.js'
import { inTurn, paced } from './git/turns.js'
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

/** What was found in a whole branch, for the next start. All of it can be lost. */
export interface ScanMemory {
  load(): Promise<Scanned | undefined>
  save(scanned: Scanned): Promise<void>
}

/** All files of a tree with something in them. */
export interface Scanned {
  readonly tree: Oid
  readonly files: readonly ScannedFile[]
}

/** Git itself has no limit; nobody nests deeper. */
const DEEPEST_FOLDER = 100
/** A dozen trees that name each other many times stand for more files than any machine can hold. */
const MOST_ENTRIES = 1_000_000

/** How many times as long as inflating it takes to look for places in what has to be parsed. */
const SCANNING = 16
/** What it costs to look at an entry of a folder, as bytes of inflating. */
const ENTERING = 512

/** Names that Git itself would not make, or that are not UTF-8: in a path they would say another file, or none. */
const UNNAMABLE = /^\.{0,2}$|[/\ufffd]/
const PASSED_OVER: Scan = {
  places: [],
  warnings: [{ line: 1, message: 'Passed over: the name is not UTF-8, or has what no name can have' }],
}

/** Folders that are read at a time, so that those which have to be fetched come together. */
const FOLDERS_AT_A_TIME = 500
/** Files that may be looked into before what was found is written down: a first look that is broken off goes on from there. */
const MOST_UNFLUSHED = 5_000
/** Files that may have changed since the last time that all was saved: they are read again after a restart. */
const MOST_UNSAVED = 200

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
  memory?: ScanMemory,
): Scanner {
  const files = new Map<string, ScannedFile>()
  /** The same, as they were in this tree. */
  let list: readonly ScannedFile[] = []
  let listed: Oid | undefined
  let isLoaded = false
  let unsaved = 0
  /** What has changed since is of use for one only. */
  const turns = inTurn()

  return { levels: reach.levels, scan: ({ tree }, signal) => turns(() => look(tree, signal)) }

  async function look(tree: Oid, signal: AbortSignal): Promise<readonly ScannedFile[]> {
    signal.throwIfAborted()
    if (!isLoaded) await load()
    if (listed === tree) return list
    const changes = await changesSince(listed, tree, signal)
    await readUnknown(changes.files, signal)
    apply(changes, files)
    show(tree)
    await index.flush()
    unsaved += changes.files.length
    if (unsaved > MOST_UNSAVED) await save(tree)
    return list
  }

  function show(tree: Oid): void {
    list = [...files.values()]
    listed = tree
  }

  async function load(): Promise<void> {
    const known = await memory?.load()
    isLoaded = true
    if (known === undefined) return
    for (const file of known.files) files.set(file.path, file)
    show(known.tree)
  }

  async function save(tree: Oid): Promise<void> {
    unsaved = 0
    // Without it, the next start takes longer.
    await memory?.save({ tree, files: list }).catch(() => {})
  }

  /** What is not as it was. A folder with the object id that it had is passed over with all below it. */
  async function changesSince(from: Oid | undefined, tree: Oid, signal: AbortSignal): Promise<Changes> {
    try {
      return await visit({ oid: tree, old: from, path: '', reach }, signal)
    } catch (thrown) {
      // The folders as they were may be lost.
      if (from === undefined || !(thrown instanceof GitError) || thrown.code !== 'STATE') throw thrown
      return visit({ oid: tree, old: undefined, path: '', reach }, signal)
    }
  }

  async function visit(start: Visit, signal: AbortSignal): Promise<Changes> {
    const changes: Changes = { isWhole: start.old === undefined, gone: new Set(), files: [], odd: [] }
    const pace = paced()
    let entries = 0
    for (let level = [start], depth = 0; level.length > 0 && depth <= DEEPEST_FOLDER; depth++) {
      const below: Visit[] = []
      for (let at = 0; at < level.length; at += FOLDERS_AT_A_TIME) {
        const visits = level.slice(at, at + FOLDERS_AT_A_TIME)
        const read = await Promise.all(visits.map((each) => readBoth(each, signal)))
        for (const { visit, tree, old } of read) {
          entries += tree.length
          if (entries > MOST_ENTRIES) throw tooLarge()
          below.push(...enter(visit, tree, old, changes))
          await pace(tree.length * ENTERING)
        }
      }
      level = below
    }
    return changes
  }

  async function readBoth(visit: Visit, signal: AbortSignal) {
    const [tree, old] = await Promise.all([
      repository.readTree(visit.oid, { signal, levels: visit.reach.levels }),
      visit.old === undefined ? [] : repository.readTree(visit.old, { signal }),
    ])
    return { visit, tree, old }
  }

  /** Notes what has changed in a folder, and gives the folders in it that have. */
  function enter({ path, reach }: Visit, entries: readonly TreeEntry[], old: readonly TreeEntry[], changes: Changes) {
    const below: Visit[] = []
    const before = new Map(old.map((entry) => [entry.name, entry]))
    for (const { name, type, oid } of entries) {
      const inside = path === '' ? name : `${path}/${name}`
      const was = before.get(name)
      before.delete(name)
      if (was?.oid === oid && was.type === type) continue
      const reachInside = type === 'tree' ? reach.into(name) : undefined
      const isUnnamable = UNNAMABLE.test(name)
      if (was !== undefined && !(isFile(was.type) ? isFile(type) : was.type === type)) changes.gone.add(inside)
      if (isUnnamable) {
        if (reachInside !== undefined || wanted(inside)) changes.odd.push({ path: inside, oid, scan: PASSED_OVER })
      } else if (reachInside !== undefined) {
        below.push({ oid, old: was?.type === 'tree' ? was.oid : undefined, path: inside, reach: reachInside })
      } else if (isFile(type) && wanted(inside)) {
        changes.files.push({ path: inside, blob: { oid, name, paths: pathsIn(inside) }, scan: undefined })
      }
    }
    for (const name of before.keys()) changes.gone.add(path === '' ? name : `${path}/${name}`)
    return below
  }

  async function readUnknown(files: readonly WantedFile[], signal: AbortSignal): Promise<void> {
    const pace = paced()
    for (const file of files) {
      file.scan = index.get(file.blob)
      if (file.scan === undefined) await pace(0)
    }
    const unread = groupBy(
      files.filter(({ scan }) => scan === undefined),
      ({ blob }) => blob.oid,
    )
    let unflushed = 0
    for await (const { oid, bytes } of repository.readBlobs([...unread.keys()], { signal })) {
      for (const file of unread.get(oid) ?? []) {
        // Another file of the same name may have been the same.
        file.scan = index.get(file.blob)
        if (file.scan !== undefined) continue
        index.set(file.blob, scanManifest(file.blob.name, bytes, file.blob.paths))
        file.scan = index.get(file.blob)
        unflushed++
        await pace(bytes.length * SCANNING)
      }
      if (unflushed < MOST_UNFLUSHED) continue
      unflushed = 0
      await index.flush()
    }
  }
}

function apply({ isWhole, gone, files, odd }: Changes, known: Map<string, ScannedFile>): void {
  if (isWhole) known.clear()
  if (gone.size > 0) for (const path of known.keys()) if (isWithin(path, gone)) known.delete(path)
  for (const { path, blob, scan } of files) {
    if (scan === undefined || isEmptyScan(scan)) known.delete(path)
    else known.set(path, { path, oid: blob.oid, scan })
  }
  for (const file of odd) known.set(file.path, file)
}

/** Whether a path, or a folder above it, is one of these. */
function isWithin(path: string, paths: ReadonlySet<string>): boolean {
  if (paths.has(path)) return true
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1))
    if (paths.has(path.slice(0, at))) return true
  return false
}

/** A folder, and what it was. */
interface Visit {
  readonly oid: Oid
  readonly old: Oid | undefined
  readonly path: string
  readonly reach: Reach
}

interface Changes {
  /** There is nothing but these. */
  readonly isWhole: boolean
  /** Files and folders that are not there any more, or are something else. */
  readonly gone: Set<string>
  readonly files: WantedFile[]
  readonly odd: ScannedFile[]
}

interface WantedFile {
  readonly path: string
  readonly blob: ScannedBlob
  /** Until it is read: undefined. */
  scan: Scan | undefined
}

function isFile(type: TreeEntry['type']): boolean {
  return type === 'file' || type === 'executable'
}

function tooLarge(): GitError {
  return new GitError('TOO_LARGE', `Cannot scan the branch: more than ${MOST_ENTRIES} files and folders`)
}

import { posix } from 'node:path'
import type { Blob, GitRepository, Oid, TreeEntry } from './git/repository.js'

/** Text files as they are in a commit. */
export interface FilesAt {
  readonly commit: Oid
  /** The paths of those that were asked for, in the order of their names, of those of `files`. */
  readonly found: readonly string[]
  /** By their path from the root. */
  readonly files: Readonly<Record<string, string>>
}

export interface FilesAtOptions {
  readonly branch: string
  /** Of a file, or of a folder, of which every `.yaml` and `.yml` is read. `.` is the root. */
  readonly path: string
  /** Other files of the commit that a file names. One that is not there, or is too large, is left out. */
  readonly namedBy: (path: string, text: string) => readonly string[]
  /** The commit that is known: of it nothing is read again. */
  readonly known?: Oid | undefined
  readonly signal: AbortSignal
}

type Reader = Pick<GitRepository, 'head' | 'readTree' | 'readBlobs'>

/** People write them: what is more or larger is something else. */
const MOST_FILES = 500
const LARGEST_FILE = 1024 * 1024
const LARGEST_NAMED_FILE = 64 * 1024
const LARGEST_SUM = 16 * 1024 * 1024

/**
 * Reads files of the newest commit of a branch, or says why that cannot be; undefined where the commit is the known one. Symbolic
 * links are not followed. Throws `GitError`.
 */
export async function readFilesAt(
  repository: Reader,
  { branch, path, namedBy, known, signal }: FilesAtOptions,
): Promise<FilesAt | { readonly complaint: string } | undefined> {
  const snapshot = await repository.head(branch, { signal, levels: path.split('/').length })
  if (snapshot.commit === known) return undefined
  const at = (name: string) => entryAt(repository, snapshot.tree, name, signal)
  const asked = await filesOf(repository, snapshot.tree, path, signal)
  if (asked === undefined) return { complaint: 'the branch has no such file, and no such folder' }
  if (asked.length === 0) return { complaint: 'the folder has no .yaml or .yml file' }
  if (asked.length > MOST_FILES) return { complaint: `there are more than ${MOST_FILES} files` }

  const texts = await readTexts(repository, asked, LARGEST_FILE, signal)
  const unread = asked.find(({ name }) => !texts.has(name))
  if (unread !== undefined) {
    return { complaint: `${JSON.stringify(unread.name)} is larger than ${LARGEST_FILE / 1024} KiB, or not UTF-8 text` }
  }
  if (sumOf(texts) > LARGEST_SUM) return { complaint: `the files have more than ${LARGEST_SUM / 1024 ** 2} MiB` }

  const named = [...new Set([...texts].flatMap(([name, text]) => namedBy(name, text)))].slice(0, MOST_FILES)
  const others: File[] = []
  for (const name of named) {
    const entry = texts.has(name) ? undefined : await at(name)
    if (entry !== undefined && isFile(entry)) others.push({ name, oid: entry.oid })
  }
  const found = asked.map(({ name }) => name)
  const more = await readTexts(repository, others, LARGEST_NAMED_FILE, signal)
  return { commit: snapshot.commit, found, files: Object.fromEntries([...texts, ...more]) }
}

interface File {
  readonly name: string
  readonly oid: Oid
}

/** The file at the path, or the YAML files of the folder there. */
async function filesOf(
  repository: Reader,
  tree: Oid,
  path: string,
  signal: AbortSignal,
): Promise<readonly File[] | undefined> {
  const entry = path === '.' ? { type: 'tree', oid: tree } : await entryAt(repository, tree, path, signal)
  if (entry === undefined) return undefined
  if (entry.type !== 'tree') return isFile(entry) ? [{ name: path, oid: entry.oid }] : undefined
  const entries = await repository.readTree(entry.oid, { signal })
  return entries
    .filter((one) => isFile(one) && /^[^.].*\.ya?ml$/.test(one.name))
    .map(({ name, oid }) => ({ name: posix.join(path, name), oid }))
}

async function entryAt(
  repository: Reader,
  root: Oid,
  path: string,
  signal: AbortSignal,
): Promise<TreeEntry | undefined> {
  let entry: TreeEntry | undefined
  for (const name of path.split('/')) {
    if (entry !== undefined && entry.type !== 'tree') return undefined
    const entries: readonly TreeEntry[] = await repository.readTree(entry?.oid ?? root, { signal })
    entry = entries.find((one) => one.name === name)
    if (entry === undefined) return undefined
  }
  return entry
}

function isFile({ type }: Pick<TreeEntry, 'type'> | { readonly type: string }): boolean {
  return type === 'file' || type === 'executable'
}

/** Without those that are too large or no text. Files of one content are one blob. */
async function readTexts(
  repository: Reader,
  files: readonly File[],
  largest: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<Oid, string>()
  const oids = [...new Set(files.map(({ oid }) => oid))]
  for await (const blob of repository.readBlobs(oids, { signal })) {
    const text = textOf(blob, largest)
    if (text !== undefined) texts.set(blob.oid, text)
  }
  return new Map(
    files.flatMap(({ name, oid }) => {
      const text = texts.get(oid)
      return text === undefined ? [] : [[name, text] as const]
    }),
  )
}

function textOf({ bytes }: Blob, largest: number): string | undefined {
  if (bytes.length > largest) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function sumOf(texts: ReadonlyMap<string, string>): number {
  return [...texts.values()].reduce((sum, text) => sum + text.length, 0)
}

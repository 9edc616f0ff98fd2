import { posix, resolve } from 'node:path'
import type { PoliciesFromConfig } from './configuration.js'
import { DEFAULTS } from './defaults.js'
import { readDocument } from './document.js'
import type { Fault } from './errors.js'
import {
  entriesAt,
  folderOf,
  formatPath,
  type ListNode,
  locate,
  type MapNode,
  type Node,
  type Path,
  scalarsOf,
  textAt,
} from './node.js'
import type { Source } from './source.js'
import type { ReadText } from './text-file.js'

/** Policy files as they are in a commit, and the files that they name. Plain data. */
export interface PolicySource extends PoliciesFromConfig {
  /** An object id. */
  readonly commit: string
  /** The paths of the policy files from the root of the repository, of those of `files`. */
  readonly policyFiles: readonly string[]
  /** The text of files by their path from the root of the repository. */
  readonly files: Readonly<Record<string, string>>
}

/** What a source is known by. */
export function sourceKey({ git, branch, path }: PoliciesFromConfig): string {
  return JSON.stringify([git, branch, path])
}

/** Those of the sources that `policiesFrom` names, and whether they are all of them. */
export function sourcesNamed(
  root: MapNode,
  sources: readonly PolicySource[],
): { readonly sources: readonly PolicySource[]; readonly areAll: boolean } {
  const { node, found } = locate(withList(root, 'policiesFrom'), ['policiesFrom'])
  const entries = found && node.kind === 'list' ? node.items : []
  const known = new Map(sources.map((source) => [sourceKey(source), source]))
  const named = entries.flatMap((entry) => {
    const git = textAt(entry, ['git']) ?? ''
    const branch = textAt(entry, ['branch']) ?? textAt(root, ['git', git, 'branch']) ?? DEFAULTS.git.branch
    return known.get(sourceKey({ git, branch, path: textAt(entry, ['path']) ?? '' })) ?? []
  })
  return { sources: named, areAll: named.length === entries.length }
}

/** With a list at this key, where there is a map that stands for a list of it alone. */
export function withList(root: MapNode, key: string): MapNode {
  const entry = root.entries.get(key)
  if (entry?.value.kind !== 'map') return root
  const list: ListNode = { kind: 'list', at: entry.value.at, items: [entry.value] }
  return { ...root, entries: new Map([...root.entries, [key, { ...entry, value: list }]]) }
}

/** As which folder the root of the repository is named in faults, such as `fleet@1a2b3c4d5e6f`. */
export function rootName({ git, commit }: Pick<PolicySource, 'git' | 'commit'>): string {
  return `${git}@${commit.slice(0, 12)}`
}

export function sourcesIn(source: PolicySource): readonly Source[] {
  const { policyFiles, files } = source
  return policyFiles.map((path) => ({ file: `${rootName(source)}/${path}`, text: files[path] ?? '' }))
}

/** Reads files of the sources, which are none of this machine, and every other as `readText` does. */
export function readingSources(sources: readonly PolicySource[], readText: ReadText): ReadText {
  const roots = sources.map((source) => ({ folder: `${resolve(rootName(source))}/`, files: source.files }))
  return async (path, maxBytes) => {
    const root = roots.find(({ folder }) => path.startsWith(folder))
    if (root === undefined) return readText(path, maxBytes)
    const name = path.slice(root.folder.length)
    const text = Object.hasOwn(root.files, name) ? root.files[name] : undefined
    return text === undefined ? { complaint: 'the commit has no such file, or it is too large' } : { text }
  }
}

/**
 * What policies from elsewhere may not have: whoever may change them must not get at credentials, at programs, or at what is on
 * this machine. `root` is the folder that they may name files in.
 */
export function strayIn(document: MapNode, root: string): readonly Fault[] {
  const faults: Fault[] = []
  const tell = (path: Path, message: string) => {
    const { node, key } = locate(document, path)
    faults.push({ ...(path.length === 1 ? (key ?? node.at) : node.at), path: formatPath(path), message })
  }
  for (const section of document.entries.keys()) {
    if (section !== 'policies') tell([section], 'only "policies" may stand in a file that "policiesFrom" names')
  }
  for (const { path } of filledIn(document)) tell(path, '"${" is not filled in in policies from Git')
  for (const name of entriesAt(document, ['policies']).keys()) {
    const signature = ['policies', name, 'require', 'signature']
    const key = [...signature, 'cosign']
    if (!isWithin(root, fileAt(document, key))) tell(key, 'the path leads out of the repository')
    const trustedRoot = [...signature, 'keyless', 'trustedRoot']
    if (locate(document, trustedRoot).found) tell(trustedRoot, 'a policy from Git cannot name a file of this machine')
  }
  return faults
}

/** The paths, from the root of the repository, of the files that policy files name. */
export function namedFiles(path: string, text: string): readonly string[] {
  // Reading a file costs much, and few name any.
  if (!text.includes('cosign')) return []
  const { root } = readDocument({ file: path, text })
  if (root === undefined) return []
  return [...entriesAt(root, ['policies']).keys()].flatMap((name) => {
    const { node, found } = locate(root, ['policies', name, 'require', 'signature', 'cosign'])
    if (!found || node.kind !== 'scalar' || typeof node.value !== 'string') return []
    const named = posix.join(posix.dirname(path), node.value)
    return posix.isAbsolute(node.value) || named.startsWith('..') ? [] : [named]
  })
}

/** `tags` has regular expressions, where nothing is ever filled in. */
function filledIn(document: MapNode): readonly { readonly path: Path }[] {
  return [...scalarsOf(document)].filter(
    ({ node, path }) =>
      typeof node.value === 'string' && node.value.includes('${') && !(path[0] === 'policies' && path[2] === 'tags'),
  )
}

function fileAt(document: Node, path: Path): string | undefined {
  const { node, found } = locate(document, path)
  return found && node.kind === 'scalar' && typeof node.value === 'string'
    ? resolve(folderOf(node), node.value)
    : undefined
}

function isWithin(root: string, file: string | undefined): boolean {
  return file === undefined || file.startsWith(`${resolve(root)}/`)
}

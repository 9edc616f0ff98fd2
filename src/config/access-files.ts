import { resolve } from 'node:path'
import type { Fault } from './errors.js'
import { entriesAt, folderOf, formatPath, locate, type MapNode, type Path, type ScalarNode } from './node.js'
import { isKeyText, type KeyKind, keyComplaint, privateKeyComplaint } from './private-keys.js'
import { type ReadText, readTextFile } from './text-file.js'
import { pathComplaint } from './texts.js'

/** Looks at the files by which Git servers are reached, so that one that is missing is told at the start. They are read again when used. */
export async function checkAccessFiles(root: MapNode, readText: ReadText = readTextFile): Promise<readonly Fault[]> {
  const faults: Fault[] = []
  for (const name of entriesAt(root, ['git']).keys()) {
    const entry: Path = ['git', name]
    for (const { path, kind } of KEYS) {
      const key = textOf(root, [...entry, ...path], privateKeyComplaint)
      const hasPassphrase = locate(root, [...entry, path[0], 'passphrase']).found
      if (key !== undefined) faults.push(...faultOf(key, await complaintOfKey(key, kind, hasPassphrase, readText)))
    }
    const hosts = textOf(root, [...entry, 'credentials', 'knownHosts'], pathComplaint)
    if (hosts !== undefined) faults.push(...faultOf(hosts, await complaintOfHosts(hosts, readText)))
  }
  return faults
}

/** Below the entry of a Git repository. */
const KEYS: readonly { readonly path: readonly [section: string, ...string[]]; readonly kind: KeyKind }[] = [
  { path: ['credentials', 'sshKey'], kind: 'sshLogin' },
  { path: ['credentials', 'githubApp', 'key'], kind: 'githubApp' },
  { path: ['signing', 'ssh'], kind: 'sshSigning' },
  { path: ['signing', 'openpgp'], kind: 'openpgp' },
]

/** Far more than a key needs, also one of OpenPGP with the signatures of others. */
const MAX_KEY_BYTES = 256 * 1024
/** A hundred bytes or more for each key of a host. */
const MAX_KNOWN_HOSTS_BYTES = 16 * 1024 * 1024

interface Named {
  readonly node: ScalarNode
  readonly path: Path
  readonly text: string
}

/** A text that stands at a path and is right as such: every other is told already. */
function textOf(root: MapNode, path: Path, complaint: (text: string) => string | undefined): Named | undefined {
  const { node, found } = locate(root, path)
  if (!found || node.kind !== 'scalar' || typeof node.value !== 'string' || node.interpolation?.failed) return undefined
  return complaint(node.value) === undefined ? { node, path, text: node.value } : undefined
}

async function complaintOfKey(
  key: Named,
  kind: KeyKind,
  hasPassphrase: boolean,
  readText: ReadText,
): Promise<string | undefined> {
  const isText = isKeyText(key.text)
  const read = isText ? key : await readText(fileOf(key), MAX_KEY_BYTES)
  const complaint = 'complaint' in read ? read.complaint : keyComplaint(read.text, kind, hasPassphrase)
  return complaint && `cannot read a private key${isText ? '' : ` from ${shown(key)}`}: ${complaint}`
}

async function complaintOfHosts(hosts: Named, readText: ReadText): Promise<string | undefined> {
  const read = await readText(fileOf(hosts), MAX_KNOWN_HOSTS_BYTES)
  return 'complaint' in read ? `cannot read ${shown(hosts)}: ${read.complaint}` : undefined
}

function faultOf({ node, path }: Named, message: string | undefined): Fault[] {
  return message === undefined ? [] : [{ ...node.at, path: formatPath(path), message }]
}

function fileOf({ node, text }: Named): string {
  return resolve(folderOf(node), text)
}

function shown({ node, text }: Named): string {
  return JSON.stringify(node.interpolation?.written ?? text)
}

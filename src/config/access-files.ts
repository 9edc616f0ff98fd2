import { resolve } from 'node:path'
import type { Fault } from './errors.js'
import { entriesAt, folderOf, formatPath, locate, type MapNode, type Path, type ScalarNode, textAt } from './node.js'
import { isKeyText, type KeyKind, keyComplaint, privateKeyComplaint } from './private-keys.js'
import { readTextFile } from './text-file.js'
import { pathComplaint } from './texts.js'

/** Looks at the files by which Git servers are reached, so that one that is missing is told at the start. They are read again when used. */
export async function checkAccessFiles(root: MapNode): Promise<readonly Fault[]> {
  const faults: Fault[] = []
  const tell = ({ node, path }: Named, message: string) => faults.push({ ...node.at, path: formatPath(path), message })
  for (const name of entriesAt(root, ['git']).keys()) {
    for (const [path, kind] of KEYS) {
      const key = textOf(root, ['git', name, ...path], privateKeyComplaint)
      if (key === undefined) continue
      const hasPassphrase = textAt(root, ['git', name, path[0], 'passphrase']) !== undefined
      const complaint = await complaintOfKey(key, kind, hasPassphrase)
      if (complaint !== undefined) tell(key, complaint)
    }
    const hosts = textOf(root, ['git', name, 'credentials', 'knownHosts'], pathComplaint)
    const read = hosts && (await readTextFile(fileOf(hosts), MAX_KNOWN_HOSTS_BYTES))
    if (hosts !== undefined && read !== undefined && 'complaint' in read) {
      tell(hosts, `cannot read ${shown(hosts)}: ${read.complaint}`)
    }
  }
  return faults
}

const KEYS: readonly (readonly [path: readonly [string, ...string[]], kind: KeyKind])[] = [
  [['credentials', 'sshKey'], 'ssh'],
  [['credentials', 'githubApp', 'key'], 'githubApp'],
  [['signing', 'ssh'], 'ssh'],
  [['signing', 'openpgp'], 'openpgp'],
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

async function complaintOfKey(key: Named, kind: KeyKind, hasPassphrase: boolean): Promise<string | undefined> {
  const isText = isKeyText(key.text)
  const read = isText ? key : await readTextFile(fileOf(key), MAX_KEY_BYTES)
  const complaint = 'complaint' in read ? read.complaint : keyComplaint(read.text, kind, hasPassphrase)
  return complaint && `cannot read a private key${isText ? '' : ` from ${shown(key)}`}: ${complaint}`
}

function fileOf({ node, text }: Named): string {
  return resolve(folderOf(node), text)
}

function shown({ node, text }: Named): string {
  return JSON.stringify(node.interpolation?.written ?? text)
}

import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ServerHostKeyAlgorithm } from 'ssh2'
import { reasonOf } from '../../../error.js'
import { GitError } from '../errors.js'
import { fingerprint, type KnownHostsFile, type KnownKey, keysOf, parseKnownHosts } from './known-hosts.js'

export interface HostKeyCheck {
  /** Those first of which a key is known: a host with several keys would else show one that is not. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[]
  /** Why the key is not the host's; undefined where it is. */
  refusal(key: Buffer): GitError | undefined
}

/** Knows a host by the files of known hosts alone: no key is trusted because it was shown first. */
export async function hostKeyCheck(host: string, port: number, file: string | undefined): Promise<HostKeyCheck> {
  const paths = file === undefined ? [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'] : [file]
  const files = await Promise.all(paths.map((path) => readKnownHosts(path, file !== undefined)))
  const known = keysOf(files, host, port)
  const types = new Set(known.filter(({ marker }) => marker === undefined).map(({ type }) => type))
  const isKnown = (algorithm: ServerHostKeyAlgorithm) => types.has(keyTypeOf(algorithm))
  return {
    algorithms: [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((algorithm) => !isKnown(algorithm))],
    refusal: (key) => refusalOf({ host, port, key, paths, known }),
  }
}

// What OpenSSH offers today and the library can do: no `ssh-rsa`, which signs by SHA-1, and no certificates.
const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

function keyTypeOf(algorithm: ServerHostKeyAlgorithm): string {
  return algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm
}

async function readKnownHosts(path: string, required: boolean): Promise<KnownHostsFile> {
  try {
    return { path, hosts: parseKnownHosts(await readFile(path, 'utf8')) }
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    if (isMissing && !required) return { path, hosts: [] }
    throw new GitError('UNREACHABLE', `file of known hosts cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

interface Presented {
  readonly host: string
  readonly port: number
  readonly key: Buffer
  readonly paths: readonly string[]
  readonly known: readonly KnownKey[]
}

function refusalOf({ host, port, key, paths, known }: Presented): GitError | undefined {
  const same = known.filter((entry) => entry.key.equals(key))
  const shown = `"${host}" at port ${port} shows the ${typeOf(key)} key ${fingerprint(key)}`
  const revoked = same.find(({ marker }) => marker === 'revoked')
  if (revoked !== undefined) return refused(`host key is revoked: ${shown}, which ${placeOf(revoked)} revokes`)
  if (same.some(({ marker }) => marker === undefined)) return undefined

  const other = known.find(({ marker }) => marker === undefined)
  if (other !== undefined)
    return refused(
      `host key has changed: ${shown}, and ${placeOf(other)} has the ${other.type} key ${fingerprint(other.key)}; somebody may ` +
        `be in between, so ask who runs the host before you replace that line`,
    )
  const searched = paths.map((path) => `"${path}"`).join(' or ')
  const authority = known.find(({ marker }) => marker === 'cert-authority')
  const certificates =
    authority === undefined
      ? ''
      : ` (${placeOf(authority)} trusts an authority, and certificates of hosts are not supported)`
  const scan = `ssh-keyscan${port === 22 ? '' : ` -p ${port}`} -t ${scanTypeOf(key)} ${host}`
  return refused(
    `host key is not known: ${shown}, which is not in ${searched}${certificates}; compare the fingerprint with one from who ` +
      `runs the host, and where it is the same add the line that "${scan}" prints`,
  )
}

function refused(message: string): GitError {
  return new GitError('UNREACHABLE', message)
}

function placeOf({ path, line }: KnownKey): string {
  return `"${path}", line ${line},`
}

// RFC 4253, section 6.6: a key begins with the length and the text of its type.
function typeOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : Math.min(key.readUInt32BE(0), 64)
  return key.toString('latin1', 4, 4 + length).replace(/[^a-z0-9@.-]/gi, '?')
}

function scanTypeOf(key: Buffer): string {
  return /^(?:ssh-|ecdsa)([a-z0-9]*)/.exec(typeOf(key))?.[1] || 'ecdsa'
}

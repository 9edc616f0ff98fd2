import { createHash, createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import ssh2, { type AnyAuthMethod, type OpenSSHAgent, type ParsedKey } from 'ssh2'
import { reasonOf } from '../../../error.js'
import { GitError } from '../errors.js'
import type { PrivateKey, SshLogin } from './access.js'
import { fingerprint } from './known-hosts.js'

/** What a server is shown to log in. */
export interface SshIdentity {
  readonly method: AnyAuthMethod
  /** For people: which keys these are, by fingerprint. */
  readonly description: string
}

/** The key of a login or the keys of its agent, read now. Throws `UNAUTHORIZED` where there is none that can be used. */
export async function readIdentity(user: string, { sshKey, passphrase, agent }: SshLogin): Promise<SshIdentity> {
  if (sshKey !== undefined) {
    const key = await readKey(sshKey, passphrase)
    return { method: { type: 'publickey', username: user, key }, description: `the key ${describe(key)}` }
  }
  if (agent === undefined) throw new GitError('UNAUTHORIZED', 'neither an SSH key nor an agent is configured')
  const client = new ssh2.OpenSSHAgent(agent)
  const keys = await agentKeys(client, agent)
  if (keys.length === 0) throw new GitError('UNAUTHORIZED', `agent at "${agent}" has no key`)
  const description = `the agent's ${keys.length === 1 ? 'key' : 'keys'} ${keys.slice(0, 10).map(describe).join(', ')}`
  return { method: { type: 'agent', username: user, agent: client }, description }
}

function describe(key: ParsedKey): string {
  return `${fingerprint(key.getPublicSSH())} (${key.type})`
}

function agentKeys(client: OpenSSHAgent, path: string): Promise<readonly ParsedKey[]> {
  return new Promise((resolve, reject) => {
    client.getIdentities((cause, keys) => {
      if (cause) reject(new GitError('UNAUTHORIZED', `agent at "${path}" does not answer`, { cause }))
      else resolve((keys ?? []).filter((key): key is ParsedKey => key instanceof Object && 'getPublicSSH' in key))
    })
  })
}

async function readKey(source: PrivateKey, passphrase: string | undefined): Promise<ParsedKey> {
  const name = 'file' in source ? `key file "${source.file}"` : 'SSH key'
  const text = 'file' in source ? await readKeyFile(source.file) : source.text
  const digest = createHash('sha256')
    .update(`${text}\0${passphrase ?? ''}`)
    .digest('hex')
  const key = parsed.get(digest) ?? parseKey(text.trim(), passphrase, name)
  remember(digest, key)
  return key
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new GitError('UNAUTHORIZED', `key file cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

/** By their text and passphrase: to turn a passphrase into a key takes tenths of a second of this thread. */
const parsed = new Map<string, ParsedKey>()
const MAX_PARSED = 32

function remember(digest: string, key: ParsedKey): void {
  parsed.delete(digest)
  parsed.set(digest, key)
  const [oldest] = parsed.keys()
  if (parsed.size > MAX_PARSED && oldest !== undefined) parsed.delete(oldest)
}

function parseKey(text: string, passphrase: string | undefined, name: string): ParsedKey {
  const found = ssh2.utils.parseKey(PKCS8.test(text) ? fromPkcs8(text, passphrase, name) : text, passphrase)
  // Of several keys in one file, OpenSSH takes the first too.
  const key = Array.isArray(found) ? found[0] : found
  if (key instanceof Error || key === undefined) throw unusable(name, passphrase, key)
  if (!key.isPrivateKey()) throw new GitError('UNAUTHORIZED', `${name} is a public key, and the private one is needed`)
  if (key.type === 'ssh-dss') throw new GitError('UNAUTHORIZED', `${name} is a DSA key, which servers take no more`)
  return key
}

const PKCS8 = /^-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/

/** The form that the library reads. It takes no Ed25519 key but in OpenSSH's own, in which they are usually kept. */
function fromPkcs8(text: string, passphrase: string | undefined, name: string): string | Buffer {
  try {
    const key = createPrivateKey({ key: text, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
    return key.export({ type: key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs1', format: 'pem' })
  } catch (cause) {
    throw unusable(name, passphrase, cause)
  }
}

// In the words of the library and of OpenSSL, which never have parts of the key.
function unusable(name: string, passphrase: string | undefined, cause: unknown): GitError {
  const reason = reasonOf(cause)
  if (passphrase === undefined && /passphrase/i.test(reason))
    return new GitError('UNAUTHORIZED', `${name} has a passphrase, and none is configured`)
  if (passphrase !== undefined && /passphrase|decrypt/i.test(reason))
    return new GitError('UNAUTHORIZED', `${name} cannot be opened by the configured passphrase`)
  return new GitError('UNAUTHORIZED', `${name} is not a private key in OpenSSH or PEM format`)
}

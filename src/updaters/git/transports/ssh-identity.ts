import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { Socket } from 'node:net'
import ssh2, { type AnyAuthMethod, type GetStreamCallback, type OpenSSHAgent, type ParsedKey } from 'ssh2'
import { reasonOf } from '../../../error.js'
import { GitError } from '../errors.js'
import { readKeyText } from '../key-text.js'
import type { PrivateKey, SshLogin } from './access.js'
import { fingerprint } from './known-hosts.js'

/** What a server is shown to log in. */
export interface SshIdentity {
  readonly method: AnyAuthMethod
  /** For people: which keys these are, by fingerprint. */
  readonly description: string
}

/**
 * The key of a login or the keys of its agent, which may be silent for `agentMs`, read now. Throws `UNAUTHORIZED` where there is
 * none that can be used.
 */
export async function readIdentity(
  user: string,
  { sshKey, passphrase, agent }: SshLogin,
  agentMs: number,
): Promise<SshIdentity> {
  if (sshKey !== undefined) {
    const key = await readKey(sshKey, passphrase)
    return { method: { type: 'publickey', username: user, key }, description: `the key ${describe(key)}` }
  }
  if (agent === undefined)
    throw new GitError(
      'UNAUTHORIZED',
      'no key to log in with: neither "sshKey" nor "agent" is configured, and there is no SSH_AUTH_SOCK; keys in ~/.ssh are taken only where "sshKey" names them',
    )
  const client = new PromptAgent(agent, agentMs)
  const keys = await agentKeys(client, agent)
  if (keys.length === 0) throw new GitError('UNAUTHORIZED', `agent at "${agent}" has no key`)
  const description = `the agent's ${keys.length === 1 ? 'key' : 'keys'} ${keys.slice(0, 10).map(describe).join(', ')}`
  return { method: { type: 'agent', username: user, agent: client }, description }
}

/** One that has hung would be waited for without an end, to list its keys and again to sign. */
class PromptAgent extends ssh2.OpenSSHAgent {
  readonly #idleMs: number

  constructor(socket: string, idleMs: number) {
    super(socket)
    this.#idleMs = idleMs
  }

  override getStream(created: GetStreamCallback): void {
    super.getStream((error, stream) => {
      if (stream instanceof Socket) stream.setTimeout(this.#idleMs, () => stream.destroy())
      created(error, stream)
    })
  }
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
  const text = await readKeyText(source).catch((cause) => {
    throw new GitError('UNAUTHORIZED', `key file ${reasonOf(cause)}`, { cause })
  })
  const digest = createHash('sha256')
    .update(`${text}\0${passphrase ?? ''}`)
    .digest('hex')
  const key = parsed.get(digest) ?? parseKey(text.trim(), passphrase, name)
  remember(digest, key)
  return key
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

/** The form that the library reads: OpenSSH's own for Ed25519, and older PEM forms for the others. */
function fromPkcs8(text: string, passphrase: string | undefined, name: string): string | Buffer {
  try {
    const key = createPrivateKey({ key: text, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
    if (key.asymmetricKeyType === 'ed25519') return openSshForm(key)
    return key.export({ type: key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs1', format: 'pem' })
  } catch (cause) {
    throw unusable(name, passphrase, cause)
  }
}

/** Source: PROTOCOL.key of OpenSSH, with neither cipher nor comment; the fields of RFC 8709, section 4. */
function openSshForm(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' })
  const point = Buffer.from(x, 'base64url')
  const type = sized('ssh-ed25519')
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), point])
  const pair = Buffer.concat([Buffer.alloc(8), type, sized(point), sized(secret), sized('')])
  // To a multiple of eight bytes.
  const padding = Buffer.from([1, 2, 3, 4, 5])
  const one = Buffer.from([0, 0, 0, 1])
  const publicKey = sized(Buffer.concat([type, sized(point)]))
  const fields = [sized('none'), sized('none'), sized(''), one, publicKey, sized(Buffer.concat([pair, padding]))]
  const blob = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...fields]).toString('base64')
  const lines = blob.match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}

function sized(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
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

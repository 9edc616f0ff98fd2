import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from './eventually.js'
import { startProcess } from './process.js'

const run = promisify(execFile)

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface KeyPair {
  /** The private key, in OpenSSH's format unless another was asked for. */
  readonly file: string
  /** One line, as it stands in `authorized_keys`. */
  readonly publicKey: string
  /** As `ssh-keygen -l` prints it. */
  readonly fingerprint: string
}

export interface KeyOptions {
  readonly type?: KeyType
  readonly passphrase?: string
  readonly format?: 'PEM' | 'PKCS8'
}

/** Makes a key pair by ssh-keygen(1). */
export async function makeKey(folder: string, name: string, options: KeyOptions = {}): Promise<KeyPair> {
  const { type = 'ed25519', passphrase = '', format } = options
  const file = join(folder, name)
  const size = type === 'rsa' ? ['-b', '2048'] : []
  const form = format === undefined ? [] : ['-m', format]
  await run('ssh-keygen', ['-q', '-t', type, ...size, ...form, '-N', passphrase, '-C', name, '-f', file])
  const { stdout } = await run('ssh-keygen', ['-l', '-f', `${file}.pub`])
  return { file, publicKey: (await readFile(`${file}.pub`, 'utf8')).trim(), fingerprint: stdout.split(' ')[1] ?? '' }
}

export interface Agent {
  readonly socket: string
  stop(): Promise<void>
}

/** Starts ssh-agent(1) with keys that have no passphrase. */
export async function startAgent(folder: string, keys: readonly KeyPair[]): Promise<Agent> {
  const socket = join(folder, 'agent.sock')
  const agent = startProcess('ssh-agent', ['-D', '-a', socket])
  const env = { ...process.env, SSH_AUTH_SOCK: socket }
  // Status 1: it answers and has no keys.
  await eventually('ssh-agent answers', () =>
    run('ssh-add', ['-l'], { env }).then(
      () => true,
      ({ code }) => code === 1,
    ),
  )
  for (const { file } of keys) await run('ssh-add', ['-q', file], { env })
  return { socket, stop: () => agent.stop() }
}

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.js'
import { removeFolder, temporaryFolder } from './folder.js'
import { type CreateOptions, commitFiles, createRepository, type Files, writeHook } from './git-server.js'
import { freePort, startProcess } from './process.js'
import { type KeyPair, type KeyType, makeKey } from './ssh-keys.js'

export interface SshServerOptions {
  /** Whether clients may ask for a version of Git's protocol. Default: true. */
  readonly acceptsProtocol?: boolean
  /** Keys of the host. Default: one, `ed25519`. */
  readonly hostKeys?: readonly KeyType[]
  /** Further lines of sshd_config(5), such as `MaxSessions 1`. */
  readonly settings?: readonly string[]
  /** Keys that may log in beside `key`. */
  readonly authorized?: readonly KeyPair[]
}

/** OpenSSH's own server, sshd(8), on a free port of 127.0.0.1. Only the user who runs the test can log in. */
export interface SshServer {
  readonly port: number
  readonly user: string
  readonly folder: string
  /** A key that may log in. */
  readonly key: KeyPair
  readonly hostKeys: readonly KeyPair[]
  /** A file of known hosts that has all keys of this host. */
  readonly knownHosts: string
  /** What the server says about its connections. */
  log(): Promise<string>
  /** The URL of a repository anywhere on this machine. */
  urlOf(path: string): string
  create(name: string, files?: Files, options?: CreateOptions): Promise<{ readonly url: string; readonly path: string }>
  stop(): Promise<void>
}

export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const { acceptsProtocol = true, hostKeys: types = ['ed25519'], settings = [], authorized = [] } = options
  const folder = await temporaryFolder('ssh-server')
  const key = await makeKey(folder, 'login')
  const hostKeys = await Promise.all(types.map((type) => makeKey(folder, `host_${type}`, { type })))
  const port = await freePort()
  const user = userInfo().username
  const files = {
    config: join(folder, 'sshd_config'),
    keys: join(folder, 'authorized_keys'),
    knownHosts: join(folder, 'known_hosts'),
    log: join(folder, 'log'),
  }
  await writeFile(files.keys, `${[key, ...authorized].map(({ publicKey }) => publicKey).join('\n')}\n`, { mode: 0o600 })
  await writeFile(files.knownHosts, hostKeys.map(({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}\n`).join(''))
  const lines = [
    // The first of two lines about the same counts.
    ...settings,
    `ListenAddress 127.0.0.1:${port}`,
    ...hostKeys.map(({ file }) => `HostKey ${file}`),
    `AuthorizedKeysFile ${files.keys}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'LogLevel VERBOSE',
    ...(acceptsProtocol ? ['AcceptEnv GIT_PROTOCOL'] : []),
    // By its level bash takes itself for a login's first shell, and reads the files of this machine's user first.
    'SetEnv SHLVL=1 LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null',
  ]
  await writeFile(files.config, `${lines.join('\n')}\n`)
  // Where sshd locks up its unprivileged half, if it has privileges. Its package leaves that to the service.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  // Not into pipes to this process: they would stay open as long as any connection, and keep the process from ending.
  const command = 'exec /usr/sbin/sshd -D -E "$0" -f "$1" >/dev/null 2>&1'
  const sshd = startProcess('/bin/sh', ['-c', command, files.log, files.config])
  await eventually('sshd greets', () => greets(port)).catch(async (error) => {
    throw new Error(`Cannot start sshd: ${await readFile(files.log, 'utf8')}`, { cause: error })
  })

  const urlOf = (path: string) => `ssh://${user}@127.0.0.1:${port}${encodeURI(path)}`
  return {
    port,
    user,
    folder,
    key,
    hostKeys,
    knownHosts: files.knownHosts,
    log: () => readFile(files.log, 'utf8'),
    urlOf,
    async create(name, content, { branch = 'main', hooks = {} } = {}) {
      const path = join(folder, `${name}.git`)
      await createRepository(path, branch)
      if (content !== undefined) await commitFiles(path, branch, content, { message: 'Begin' })
      for (const [hook, script] of Object.entries(hooks)) await writeHook(path, hook, script)
      return { url: urlOf(path), path }
    },
    async stop() {
      await sshd.stop()
      await removeFolder(folder)
    },
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const done = (found: boolean) => {
      socket.destroy()
      resolve(found)
    }
    socket.once('data', (greeting) => done(greeting.toString().startsWith('SSH-2.0-')))
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
  })
}

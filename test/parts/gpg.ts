import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { removeFolder, temporaryFolder } from './folder.js'

const run = promisify(execFile)

/** GnuPG with a home of its own. */
export interface Gpg {
  /** What `GNUPGHOME` is for programs that call gpg(1). */
  readonly home: string
  /** Makes a key by gpg(1), `--quick-generate-key`, and tells its fingerprint. `expires` is as gpg takes it. */
  makeKey(user: string, options?: KeyOptions): Promise<string>
  /** Adds a subkey that signs. */
  addSubkey(fingerprint: string, passphrase?: string): Promise<void>
  /** What an exported key is, in ASCII armor. */
  export(what: 'secret-keys' | 'secret-subkeys' | 'public', user: string, passphrase?: string): Promise<string>
  /** By the certificate that gpg makes with each key. */
  revoke(fingerprint: string): Promise<void>
  stop(): Promise<void>
}

export interface KeyOptions {
  readonly algorithm?: string
  readonly usage?: 'sign' | 'cert'
  readonly passphrase?: string
  readonly expires?: string
}

export async function startGpg(): Promise<Gpg> {
  const home = await temporaryFolder('gpg')
  // By default passphrases take as long as they can be made to.
  await writeFile(join(home, 'gpg-agent.conf'), 's2k-count 65536\n')
  const gpg = async (...args: readonly string[]) =>
    (await run('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', ...args])).stdout
  const by = (passphrase: string) => ['--pinentry-mode', 'loopback', '--passphrase', passphrase]

  return {
    home,
    async makeKey(user, { algorithm = 'ed25519', usage = 'sign', passphrase = '', expires = 'never' } = {}) {
      await gpg(...by(passphrase), '--quick-generate-key', user, algorithm, usage, expires)
      return /^fpr:+([0-9A-F]{40}):$/m.exec(await gpg('--with-colons', '--list-keys', user))?.[1] ?? ''
    },
    async addSubkey(fingerprint, passphrase = '') {
      await gpg(...by(passphrase), '--quick-add-key', fingerprint, 'ed25519', 'sign', 'never')
    },
    export: (what, user, passphrase = '') =>
      gpg(...by(passphrase), '--armor', what === 'public' ? '--export' : `--export-${what}`, user),
    async revoke(fingerprint) {
      // A colon keeps the certificate from being imported by mistake.
      const script = 'sed "s/^:---/---/" "$1" | gpg --homedir "$2" --batch --quiet --import'
      await run('sh', ['-c', script, 'sh', `${home}/openpgp-revocs.d/${fingerprint}.rev`, home])
    },
    async stop() {
      await run('gpgconf', ['--homedir', home, '--kill', 'all'])
      await removeFolder(home)
    },
  }
}

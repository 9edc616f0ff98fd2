import assert from 'node:assert/strict'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSigner, type SigningKey } from '../../../../src/updaters/git/signing/signer.js'
import { removeFolder, temporaryFolder } from '../../../parts/folder.js'
import { fsck, git } from '../../../parts/git-server.js'
import { details, type Engine, gitError, never, startScene } from '../scene.js'

/** A repository whose commits are signed by us and judged by native Git. */
export interface SignedScene {
  /** For keys, until the scene stops. */
  readonly folder: string
  /** Has Git trust an SSH key, as it stands in a `.pub` file. */
  trust(publicKey: string): Promise<void>
  /**
   * Commits, pushes, has git-verify-commit(1) judge, and returns what `%G?` of git-log(1) says: `G` good, `U` good by nobody who is
   * trusted, `B` bad. Asserts that the signature is none of another commit, and whether the same call makes the same commit.
   */
  judge(key: SigningKey, options?: { readonly isDeterministic?: boolean }): Promise<string>
  /** Asserts that nothing is committed by this text of a key in a file, and what is said then. */
  refuse(kind: 'ssh' | 'openpgp', text: string, wanted: string, passphrase?: string): Promise<void>
  stop(): Promise<void>
}

const committer = { name: 'Tidemark Bot', email: 'bot@example.com' }

export async function startSignedScene(gnupgHome = '', engine: Engine = 'wire'): Promise<SignedScene> {
  const folder = await temporaryFolder('signing')
  const allowed = join(folder, 'allowed')
  const { repository, path, url, stop } = await startScene({ engine })

  const settings = ['-c', `gpg.ssh.allowedSignersFile=${allowed}`]
  const env = { GNUPGHOME: gnupgHome, LC_ALL: 'C' }

  /** The exit code is a yes or no: the log says which no it is. */
  async function verify(oid: string): Promise<string> {
    const isVerified = await git(path, [...settings, 'verify-commit', oid], { env }).then(
      () => true,
      () => false,
    )
    const verdict = (await git(path, [...settings, 'log', '-1', '--format=%G?', oid], { env })).toString().trim()
    assert.equal(isVerified, verdict === 'G')
    return verdict
  }

  async function tamper(oid: string): Promise<string> {
    const commit = (await git(path, ['cat-file', 'commit', oid])).toString()
    const input = commit.replace(details.message, 'Update cap')
    return (await git(path, ['hash-object', '-t', 'commit', '-w', '--stdin'], { input })).toString().trim()
  }

  async function prepare(key: SigningKey) {
    const signer = openSigner(key)
    const time = Math.floor(Date.now() / 1_000)
    const base = await repository.head('main', never)
    const changes = [{ path: 'a.yaml', bytes: Buffer.from(`a: ${base.commit}\n`) }]
    const sign = (bytes: Uint8Array) => signer.sign(bytes, time)
    return () => repository.commit(base, changes, { ...details, committer, time, sign })
  }

  return {
    folder,
    trust: (publicKey) => appendFile(allowed, `${committer.email} namespaces="git" ${publicKey}\n`),
    async judge(key, { isDeterministic = true } = {}) {
      const make = await prepare(key)
      const commit = await make()
      await repository.push(commit, never)
      await fsck(path)
      assert.equal((await make()).oid === commit.oid, isDeterministic)
      assert.equal(await verify(await tamper(commit.oid)), 'B')
      return verify(commit.oid)
    },
    async refuse(kind, text, wanted, passphrase) {
      const file = join(folder, 'refused')
      await writeFile(file, text)
      const make = await prepare({ ...(kind === 'ssh' ? { ssh: { file } } : { openpgp: { file } }), passphrase })
      const error = await make().then(
        () => assert.fail('it is signed'),
        (thrown) => thrown,
      )
      gitError('UNSIGNED', false)(error)
      const name = `${kind === 'ssh' ? 'SSH' : 'OpenPGP'} key file "${file}"`
      assert.equal(error.message, `Cannot commit to "main" of "${url}": ${name} ${wanted}`)
    },
    async stop() {
      await stop()
      await removeFolder(folder)
    },
  }
}

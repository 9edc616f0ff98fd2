import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openSigner } from '../../../../src/updaters/git/signing/signer.js'
import { makeKey } from '../../../parts/ssh-keys.js'
import { gitError } from '../scene.js'
import { type SignedScene, startSignedScene } from './signed.js'

const passphrase = 'open sesame'
const bytes = Buffer.from('commit')

let scene: SignedScene
before(async () => {
  scene = await startSignedScene()
})
after(() => scene.stop())

describe('a commit is signed by an SSH key', () => {
  const KEYS = [
    ['of Ed25519', { type: 'ed25519' }],
    ['of Ed25519 with a passphrase', { type: 'ed25519', passphrase }],
    ['of ECDSA', { type: 'ecdsa' }],
    ['of ECDSA in PEM', { type: 'ecdsa', format: 'PEM' }],
    ['of ECDSA in PKCS #8', { type: 'ecdsa', format: 'PKCS8' }],
    ['of RSA', { type: 'rsa' }],
    ['of RSA in PEM with a passphrase', { type: 'rsa', format: 'PEM', passphrase }],
    ['of RSA in PKCS #8 with a passphrase', { type: 'rsa', format: 'PKCS8', passphrase }],
  ] as const
  for (const [index, [what, options]] of KEYS.entries()) {
    it(what, async () => {
      const { file, publicKey } = await makeKey(scene.folder, `key-${index}`, options)
      await scene.trust(publicKey)
      const key = { ssh: { file }, ...('passphrase' in options ? { passphrase } : {}) }
      assert.equal(await scene.judge(key, { isDeterministic: options.type !== 'ecdsa' }), 'G')
    })
  }

  it('of Ed25519 in PKCS #8, as text', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    const head = Buffer.from('0000000b7373682d6564323535313900000020', 'hex')
    await scene.trust(`ssh-ed25519 ${Buffer.concat([head, raw]).toString('base64')}`)
    assert.equal(await scene.judge({ ssh: { text: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) } }), 'G')
  })

  it('that Git does not trust where nobody said so', async () => {
    const { file } = await makeKey(scene.folder, 'stranger')
    assert.equal(await scene.judge({ ssh: { file } }), 'U')
  })

  it('and by its successor as soon as that is in its place', async () => {
    const { file } = await makeKey(scene.folder, 'rotated')
    const signer = openSigner({ ssh: { file } })
    const first = await signer.sign(bytes, 0)
    assert.equal(await signer.sign(bytes, 0), first)
    await rm(file)
    await assert.rejects(
      signer.sign(bytes, 0),
      gitError('UNSIGNED', false, /^SSH key file ".+" cannot be read: ENOENT/),
    )
    await writeFile(file, await readFile((await makeKey(scene.folder, 'successor')).file))
    assert.notEqual(await signer.sign(bytes, 0), first)
  })
})

describe('no commit is made', () => {
  const NO_KEY = 'is not a private SSH key in OpenSSH or PEM format'

  const TEXTS: readonly [text: string, wanted: string][] = [
    ['', NO_KEY],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n', NO_KEY],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', NO_KEY],
    ['x'.repeat(256 * 1024 + 1), 'is larger than 262144 bytes'],
  ]
  for (const [index, [text, wanted]] of TEXTS.entries()) {
    it(`with what is no SSH key (${index})`, () => scene.refuse('ssh', text, wanted))
  }

  it('with a pipe, nor is its writer waited for', async () => {
    const file = join(scene.folder, 'pipe')
    execFileSync('mkfifo', [file])
    await assert.rejects(
      openSigner({ ssh: { file } }).sign(bytes, 0),
      gitError('UNSIGNED', false, /^SSH key file ".+" cannot be read: it is not a file$/),
    )
  })

  it('with a public key', async () => {
    const { publicKey } = await makeKey(scene.folder, 'public')
    await scene.refuse('ssh', publicKey, 'is a public key: the private one is needed')
  })

  it('with a key on a curve that Git knows nothing of', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    const text = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await scene.refuse('ssh', text, 'is of a kind that signs no commits: "ec"')
  })

  for (const format of ['OpenSSH', 'PEM', 'PKCS8'] as const) {
    it(`with a key in ${format} of which the passphrase is not known`, async () => {
      const options = { type: 'ecdsa', passphrase, ...(format === 'OpenSSH' ? {} : { format }) } as const
      const text = await readFile((await makeKey(scene.folder, `locked-${format}`, options)).file, 'utf8')
      await scene.refuse('ssh', text, 'has a passphrase, and none is configured')
      await scene.refuse('ssh', text, 'cannot be opened by the configured passphrase', 'sesame')
    })
  }
})

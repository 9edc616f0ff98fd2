import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSigner } from '../../../../src/updaters/git/signing/signer.js'
import { type Gpg, startGpg } from '../../../parts/gpg.js'
import { ENGINES } from '../scene.js'
import { type SignedScene, startSignedScene } from './signed.js'

const passphrase = 'open sesame'

let gpg: Gpg
let scene: SignedScene
before(async () => {
  gpg = await startGpg()
  scene = await startSignedScene(gpg.home)
})
after(async () => {
  await scene.stop()
  await gpg.stop()
})

describe('a commit is signed by an OpenPGP key', () => {
  it('of RSA', async () => {
    const user = await gpg.makeKey('rsa@example.com', { algorithm: 'rsa2048' })
    assert.equal(await scene.judge({ openpgp: { text: await gpg.export('secret-keys', user) } }), 'G')
  })

  it('of Ed25519 with a passphrase', async () => {
    const user = await gpg.makeKey('locked@example.com', { passphrase })
    const text = await gpg.export('secret-keys', user, passphrase)
    assert.equal(await scene.judge({ openpgp: { text }, passphrase }), 'G')
    await scene.refuse('openpgp', text, 'has a passphrase, and none is configured')
    await scene.refuse('openpgp', text, 'cannot be opened by the configured passphrase', 'sesame')
  })

  it('that stays elsewhere, by its subkey', async () => {
    const user = await gpg.makeKey('sub@example.com', { usage: 'cert' })
    await gpg.addSubkey(user)
    assert.equal(await scene.judge({ openpgp: { text: await gpg.export('secret-subkeys', user) } }), 'G')
  })

  it('that stays elsewhere, by its subkey with a passphrase', async () => {
    const user = await gpg.makeKey('locked-sub@example.com', { usage: 'cert', passphrase })
    await gpg.addSubkey(user, passphrase)
    const text = await gpg.export('secret-subkeys', user, passphrase)
    assert.equal(await scene.judge({ openpgp: { text }, passphrase }), 'G')
    await scene.refuse('openpgp', text, 'has a passphrase, and none is configured')
    await scene.refuse('openpgp', text, 'cannot be opened by the configured passphrase', 'sesame')
  })

  it('by each engine', async () => {
    const user = await gpg.makeKey('each@example.com')
    const text = await gpg.export('secret-keys', user)
    for (const engine of ENGINES) {
      const other = await startSignedScene(gpg.home, engine)
      assert.equal(await other.judge({ openpgp: { text } }), 'G', engine)
      await other.stop()
    }
  })
})

describe('no commit is made', () => {
  const NO_KEY = 'is not a private OpenPGP key in ASCII armor'

  it('with what is no OpenPGP key', async () => {
    const user = await gpg.makeKey('public@example.com')
    await scene.refuse('openpgp', await gpg.export('public', user), NO_KEY)
    await scene.refuse('openpgp', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n', NO_KEY)
    await scene.refuse('openpgp', 'secret', NO_KEY)
  })

  it('with a key that only certifies', async () => {
    const user = await gpg.makeKey('certifies@example.com', { usage: 'cert' })
    const reason = `does not sign: Could not find valid signing key packet in key ${user.slice(-16).toLowerCase()}`
    await scene.refuse('openpgp', await gpg.export('secret-keys', user), reason)
  })

  it('with a key that was revoked', async () => {
    const user = await gpg.makeKey('revoked@example.com')
    await gpg.revoke(user)
    await scene.refuse('openpgp', await gpg.export('secret-keys', user), 'does not sign: Primary key is revoked')
  })

  it('with a key that has expired', async () => {
    const user = await gpg.makeKey('old@example.com', { expires: 'seconds=60' })
    const signer = openSigner({ openpgp: { text: await gpg.export('secret-keys', user) } })
    await assert.rejects(signer.sign(Buffer.from('commit'), Math.floor(Date.now() / 1_000) + 61), {
      code: 'UNSIGNED',
      message: 'OpenPGP key does not sign: Primary key is expired',
    })
  })
})

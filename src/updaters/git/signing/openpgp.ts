import { reasonOf } from '../../../error.js'
import { loadPackage } from '../../../lifecycle/package.js'
import type { SignBytes } from './sign-bytes.js'

/**
 * Signs by an OpenPGP private key in ASCII armor, RSA or Ed25519, as GnuPG exports it: by its newest subkey that signs, or else
 * by itself. The signature says the commit's time and nothing by chance. Keys that have expired or were revoked by then sign
 * nothing. What it throws goes on after the name of the key. Source: RFC 9580.
 */
export async function openOpenpgpKey(armoredKey: string, passphrase: string | undefined): Promise<SignBytes> {
  const openpgp = await loadPackage('openpgp', () => import('openpgp')).catch((cause) => {
    throw new Error(`cannot be used: ${reasonOf(cause)}`, { cause })
  })
  const locked = await openpgp.readPrivateKey({ armoredKey }).catch((cause) => {
    throw new Error('is not a private OpenPGP key in ASCII armor', { cause })
  })
  const signingKeys = locked.isDecrypted() ? locked : await unlock(locked)
  // By default there would be a random part against faulty hardware.
  const config = { nonDeterministicSignaturesViaNotation: false }

  async function unlock(privateKey: typeof locked) {
    if (passphrase === undefined) throw new Error('has a passphrase, and none is configured')
    return openpgp.decryptKey({ privateKey, passphrase }).catch((cause) => {
      throw new Error('cannot be opened by the configured passphrase', { cause })
    })
  }

  return async (bytes, time) => {
    const message = await openpgp.createMessage({ binary: bytes })
    const date = new Date(time * 1_000)
    return openpgp.sign({ message, signingKeys, detached: true, date, config }).catch((cause) => {
      throw new Error(`does not sign: ${reasonOf(cause).replace('Error signing message: ', '')}`, { cause })
    })
  }
}

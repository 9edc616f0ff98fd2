import { reasonOf } from '../../../error.js'
import { GitError } from '../errors.js'
import { readKeyText } from '../key-text.js'
import type { PrivateKey } from '../transports/access.js'
import type { SignBytes } from './sign-bytes.js'

/** Makes the signatures of commits by one private key. */
export interface Signer {
  /**
   * The armored signature of the bytes of a commit that was made at `time`, in seconds since the Unix epoch. Throws `GitError`
   * `UNSIGNED`, which names the key's file and never what is in it.
   */
  sign(commit: Uint8Array, time: number): Promise<string>
}

export type SigningKey =
  | { readonly ssh: PrivateKey; readonly passphrase?: string | undefined }
  | { readonly openpgp: PrivateKey; readonly passphrase?: string | undefined }

/**
 * A signer that reads its key when there is something to sign. A file is read each time, so that a new key is used from then on;
 * what takes long, which is to turn a passphrase into a key, is done again when the text is another.
 */
export function openSigner(key: SigningKey): Signer {
  const { kind, source, open } = 'ssh' in key ? sshKind(key.ssh) : openpgpKind(key.openpgp)
  const name = 'file' in source ? `${kind} key file "${source.file}"` : `${kind} key`
  let opened: { readonly text: string; readonly signBytes: Promise<SignBytes> } | undefined

  async function signBytesNow(): Promise<SignBytes> {
    const text = await readKeyText(source)
    if (opened?.text !== text) opened = { text, signBytes: open(text, key.passphrase) }
    return opened.signBytes
  }

  return {
    async sign(commit, time) {
      try {
        const signBytes = await signBytesNow()
        return await signBytes(commit, time)
      } catch (cause) {
        throw new GitError('UNSIGNED', `${name} ${reasonOf(cause)}`, { cause })
      }
    },
  }
}

interface Kind {
  readonly kind: string
  readonly source: PrivateKey
  readonly open: (text: string, passphrase: string | undefined) => Promise<SignBytes>
}

// Who signs in one way, or not at all, does not load the libraries of the others.
function sshKind(source: PrivateKey): Kind {
  return { kind: 'SSH', source, open: async (...args) => (await import('./ssh-signature.js')).openSshKey(...args) }
}

function openpgpKind(source: PrivateKey): Kind {
  return { kind: 'OpenPGP', source, open: async (...args) => (await import('./openpgp.js')).openOpenpgpKey(...args) }
}

import { createPrivateKey } from 'node:crypto'
import { resolve } from 'node:path'
import type { PrivateKey } from './configuration.js'
import { pathComplaint } from './texts.js'

/*
 * Private keys of the policy file: paths of files, or keys as text, mostly of a variable. Files are read again by those who use the
 * keys, so that a renewed one needs no restart. Here they are only looked at.
 */

/** What is wrong with the path of a key or its text, which is not told; undefined where nothing is. */
export function privateKeyComplaint(text: string): string | undefined {
  if (isKeyText(text)) return undefined
  // A key that lost its first line must not end up as the name of a file in a message.
  if (text.length > MAX_PATH || /\p{Cc}/u.test(text)) return `expected a path, or a key that has "-----BEGIN"`
  return pathComplaint(text)
}

/** Of a text without complaint. `folder` is where a relative path starts. */
export function privateKeyOf(text: string, folder: string): PrivateKey {
  // The readers of keys want the last line to end.
  return isKeyText(text) ? { text: `${text.trim()}\n` } : { file: resolve(folder, text) }
}

export function isKeyText(text: string): boolean {
  return text.includes('-----BEGIN')
}

const MAX_PATH = 255

export type KeyKind = 'sshLogin' | 'sshSigning' | 'openpgp' | 'githubApp'

const SSH = { pattern: /^(?:(?:OPENSSH|RSA|EC|ENCRYPTED) )?PRIVATE KEY$/, usual: 'OPENSSH PRIVATE KEY' }

/** Labels of PEM, and of OpenPGP's armor (RFC 9580, section 6.2). */
const LABELS: Readonly<Record<KeyKind, { readonly pattern: RegExp; readonly usual: string }>> = {
  sshLogin: SSH,
  sshSigning: SSH,
  githubApp: { pattern: /^(?:RSA )?PRIVATE KEY$/, usual: 'RSA PRIVATE KEY' },
  openpgp: { pattern: /^PGP PRIVATE KEY BLOCK$/, usual: 'PGP PRIVATE KEY BLOCK' },
}

/** What shows without the passphrase: no private key, one of another kind, or one that needs a passphrase. */
export function keyComplaint(text: string, kind: KeyKind, hasPassphrase: boolean): string | undefined {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]{1,60})-----\r?$/gm)].map(([, label = '']) => label)
  const label = labels.find((found) => LABELS[kind].pattern.test(found))
  if (label === undefined) return strangerComplaint(text, labels, kind)
  if (!text.includes(`-----END ${label}-----`)) return 'its end is missing'
  if (kind === 'githubApp') return typeOf(text) === 'rsa' ? undefined : 'it is no RSA key without a passphrase'
  if (kind === 'openpgp') return undefined
  // Git is signed for by our own code, and servers are logged in to by a library, which reads fewer.
  if (kind === 'sshLogin' && typeOf(text) === 'ed25519')
    return 'it is an Ed25519 key in PKCS #8: expected one of ssh-keygen'
  return sshComplaint(text.trim(), label, hasPassphrase)
}

function sshComplaint(text: string, label: string, hasPassphrase: boolean): string | undefined {
  // What reads it takes no explanations, as PEM otherwise may have them.
  const isAlone = text.startsWith(`-----BEGIN ${label}-----`) && text.endsWith(`-----END ${label}-----`)
  if (!isAlone) return 'there is something before or after the key'
  return isEncrypted(text, label) && !hasPassphrase ? 'it is encrypted and needs "passphrase"' : undefined
}

function strangerComplaint(text: string, labels: readonly string[], kind: KeyKind): string {
  const isPublic = /^(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ /m.test(text) || labels.some((label) => label.includes('PUBLIC KEY'))
  if (isPublic) return 'it has a public key: expected the private one'
  // As variables of the environment have them that are made of one line.
  if (text.includes('-----\\n')) return 'it has "\\n" in place of its line ends'
  return `it has no "-----BEGIN ${LABELS[kind].usual}-----"`
}

/** As far as it shows without the passphrase: PKCS #8, the older PEM (RFC 1421, section 4.6.1.1), and OpenSSH's own format. */
function isEncrypted(text: string, label: string): boolean {
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(text)) return true
  if (label !== 'OPENSSH PRIVATE KEY') return false
  const [, body = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(text) ?? []
  // PROTOCOL.key of OpenSSH: after its magic, the name of the cipher with its length.
  const bytes = Buffer.from(body, 'base64').subarray('openssh-key-v1\0'.length)
  return bytes.length > 8 && bytes.toString('latin1', 4, 8) !== 'none'
}

/** Undefined where it is encrypted or not in PEM. */
function typeOf(text: string): string | undefined {
  try {
    return createPrivateKey(text).asymmetricKeyType
  } catch {
    return undefined
  }
}

import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import ssh2 from 'ssh2'
import { reasonOf } from '../../../error.js'
import type { SignBytes } from './sign-bytes.js'

/**
 * Signs by an SSH private key, Ed25519, ECDSA or RSA, in the formats of OpenSSH, PEM or PKCS #8. What it throws goes on after the
 * name of the key. Source: PROTOCOL.sshsig of OpenSSH; gitformat-signature(5).
 */
export async function openSshKey(text: string, passphrase: string | undefined): Promise<SignBytes> {
  const key = parseKey(text.trim(), passphrase)
  const { scheme, fields, signBlob } = schemeOf(key)
  const publicKey = Buffer.concat([scheme.key, ...fields].map(lengthAndBytes))

  return async (bytes) => {
    const digest = createHash('sha512').update(bytes).digest()
    const signed = Buffer.concat([MAGIC, ...[NAMESPACE, NOTHING, HASH, digest].map(lengthAndBytes)])
    const signature = Buffer.concat([scheme.signature, signBlob(signed)].map(lengthAndBytes))
    return armored(
      Buffer.concat([MAGIC, VERSION, ...[publicKey, NAMESPACE, NOTHING, HASH, signature].map(lengthAndBytes)]),
    )
  }
}

const MAGIC = Buffer.from('SSHSIG')
const VERSION = Buffer.from([0, 0, 0, 1])
/** What a signature is for, so that one for another purpose is none of a commit. */
const NAMESPACE = 'git'
const NOTHING = ''
const HASH = 'sha512'

const PKCS8 = /^-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/

function parseKey(text: string, passphrase: string | undefined): KeyObject {
  try {
    if (PKCS8.test(text)) return createPrivateKey(passphrase === undefined ? text : { key: text, passphrase })
    const found = ssh2.utils.parseKey(text, passphrase)
    // Of several keys in one file, OpenSSH takes the first too.
    const key = Array.isArray(found) ? found[0] : found
    if (key instanceof Error) throw key
    if (!key.isPrivateKey()) throw new Error('public key')
    return createPrivateKey(key.getPrivatePEM())
  } catch (cause) {
    throw new Error(complaintOf(reasonOf(cause), passphrase !== undefined), { cause })
  }
}

// In the words of the library and of OpenSSL.
function complaintOf(reason: string, hasPassphrase: boolean): string {
  if (reason === 'public key') return 'is a public key: the private one is needed'
  if (!hasPassphrase && /passphrase|interrupted or cancelled/i.test(reason))
    return 'has a passphrase, and none is configured'
  if (hasPassphrase && /passphrase|decrypt/i.test(reason)) return 'cannot be opened by the configured passphrase'
  return 'is not a private SSH key in OpenSSH or PEM format'
}

interface Scheme {
  /** The names of the kinds of key and of signature. */
  readonly scheme: { readonly key: string; readonly signature: string }
  /** What follows the name in the public key. Source: RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4. */
  readonly fields: readonly (string | Buffer)[]
  readonly signBlob: (bytes: Buffer) => Buffer
}

function schemeOf(key: KeyObject): Scheme {
  const jwk = key.export({ format: 'jwk' })
  const field = (name: 'x' | 'y' | 'n' | 'e') => Buffer.from(jwk[name] ?? '', 'base64url')
  if (jwk.crv === 'Ed25519')
    return {
      scheme: { key: 'ssh-ed25519', signature: 'ssh-ed25519' },
      fields: [field('x')],
      signBlob: (bytes) => sign(null, bytes, key),
    }
  if (jwk.kty === 'RSA')
    return {
      scheme: { key: 'ssh-rsa', signature: 'rsa-sha2-512' },
      fields: [field('e'), field('n')].map(mpint),
      signBlob: (bytes) => sign('sha512', bytes, key),
    }
  const [curve, hash] = CURVES[jwk.crv ?? ''] ?? []
  if (curve === undefined) throw new Error(`is of a kind that signs no commits: "${key.asymmetricKeyType}"`)
  const name = `ecdsa-sha2-${curve}`
  return {
    scheme: { key: name, signature: name },
    fields: [curve, Buffer.concat([Buffer.from([POINT]), field('x'), field('y')])],
    signBlob(bytes) {
      const both = sign(hash, bytes, { key, dsaEncoding: 'ieee-p1363' })
      const halves = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)]
      return Buffer.concat(halves.map(mpint).map(lengthAndBytes))
    },
  }
}

const CURVES: Readonly<Record<string, readonly [name: string, hash: string]>> = {
  'P-256': ['nistp256', 'sha256'],
  'P-384': ['nistp384', 'sha384'],
  'P-521': ['nistp521', 'sha512'],
}

/** Of a point that stands with both coordinates. Source: SEC 1, section 2.3.3. */
const POINT = 4

/** A positive number: no zero bytes before it but the one that keeps it positive. Source: RFC 4251, section 5. */
function mpint(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Buffer.alloc(0) : bytes.subarray(start)
  return (digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits
}

function lengthAndBytes(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** In lines as long as ssh-keygen(1) makes them. */
function armored(blob: Buffer): string {
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? []
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----'].join('\n')
}

import { constants, createHash, createPublicKey, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'
import { reasonOf } from '../../error.js'
import { SignatureError } from './errors.js'
import { type Judge, MALFORMED } from './requirement.js'
import { signedOf } from './signed.js'

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s]+-----END \1-----/g
const MOST_KEYS = 100
const LEAST_RSA_BITS = 2_048

/**
 * Judges signatures by public keys, of which any may have signed. A log entry is neither wanted nor looked at, as by
 * `cosign verify --insecure-ignore-tlog`: whoever has the private key can sign at any time.
 *
 * Keys are ECDSA on P-256, P-384 or P-521, RSA of 2,048 bits or more (PKCS #1 v1.5 or PSS), and Ed25519, not prehashed.
 * Throws `SignatureError` `INVALID_KEY`.
 */
export function keyJudge(pem: string): Judge {
  const keys = parseKeys(pem)

  return (attached, digest) => {
    const signed = signedOf(attached, digest)
    if (signed === undefined) return MALFORMED
    const { bytes, signature, objection } = signed
    const key = keys.find(({ schemes }) => schemes.some((scheme) => isSignedBy(scheme, bytes, signature)))
    if (key === undefined) return { reason: 'signed by another key', stage: 'untrusted' }
    return objection === undefined ? { by: key.name } : { reason: objection, stage: 'trusted' }
  }
}

interface Key {
  /** `key SHA256:` and the base64 of the hash of its SubjectPublicKeyInfo. */
  readonly name: string
  readonly schemes: readonly Scheme[]
}

interface Scheme {
  /** Null for a scheme that brings its own. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  readonly key: VerifyKeyObjectInput
}

function parseKeys(pem: string): readonly Key[] {
  const blocks = [...pem.matchAll(PEM)]
  if (blocks.length === 0) throw invalid('there is none in the PEM text')
  if (blocks.length > MOST_KEYS) throw invalid(`there are more than ${MOST_KEYS}`)
  return blocks.map(([block, label]) => {
    // createPublicKey() would also take a private key, which has no place among public ones, or a certificate.
    if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') throw invalid(`"${label}" is not a public key`)
    return keyOf(block)
  })
}

function keyOf(block: string): Key {
  const key = publicKey(block)
  const spki = key.export({ type: 'spki', format: 'der' })
  return { name: `key SHA256:${createHash('sha256').update(spki).digest('base64')}`, schemes: schemesOf(key) }
}

function publicKey(block: string): KeyObject {
  try {
    return createPublicKey(block)
  } catch (error) {
    throw invalid(reasonOf(error), error)
  }
}

/**
 * What cosign signs with a key of this type: SHA-256 at first and for all, and later the hash of the curve's length
 * (sigstore/sigstore, pkg/signature/algorithm_registry.go).
 */
function schemesOf(key: KeyObject): readonly Scheme[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { namedCurve, modulusLength = 0 } = {} } = key
  const by = (...hashes: Scheme['hash'][]) => hashes.map((hash) => ({ hash, key: { key } }))
  if (type === 'ed25519') return by(null)
  if (type === 'ec' && namedCurve === 'prime256v1') return by('sha256')
  if (type === 'ec' && namedCurve === 'secp384r1') return by('sha384', 'sha256')
  if (type === 'ec' && namedCurve === 'secp521r1') return by('sha512', 'sha256')
  if (type !== 'rsa') throw invalid(`"${namedCurve ?? type}" signs no images`)
  if (modulusLength < LEAST_RSA_BITS) throw invalid(`RSA with less than ${LEAST_RSA_BITS} bits`)
  const paddings = [constants.RSA_PKCS1_PADDING, constants.RSA_PKCS1_PSS_PADDING]
  return paddings.map((padding) => ({ hash: 'sha256', key: { key, padding } }))
}

/** ECDSA signatures are in DER, as is the default. */
function isSignedBy({ hash, key }: Scheme, bytes: Buffer, signature: Buffer): boolean {
  try {
    return verify(hash, bytes, key, signature)
  } catch {
    return false // OpenSSL finds some bytes too odd to be wrong
  }
}

function invalid(reason: string, cause?: unknown): SignatureError {
  return new SignatureError('INVALID_KEY', `Cannot read public keys: ${reason}`, { cause })
}

import { X509Certificate } from 'node:crypto'
import type { Bundle } from '@sigstore/bundle'
import type { TrustMaterial } from '@sigstore/verify'
import { reasonOf } from '../../error.js'
import { parsePattern } from '../../policies/pattern.js'
import { printable } from '../registry/printable.js'
import { SignatureError } from './errors.js'
import { keylessBundle } from './keyless-bundle.js'
import { type Judge, type Judgement, type KeylessRequirement, MALFORMED } from './requirement.js'
import { signedOf } from './signed.js'

/**
 * Judges signatures by the identity in a certificate of Fulcio's: the certificate has to be of an authority of the trusted
 * root and in its certificate transparency log, the signature in its transparency log, and the log's entry or a timestamp has
 * to show that the certificate was valid then. `trustedRoot` is JSON text. Loads Sigstore's libraries.
 * Throws `SignatureError` `INVALID_IDENTITY` or `INVALID_TRUSTED_ROOT`.
 */
export async function keylessJudge(requirement: KeylessRequirement, trustedRoot: string): Promise<Judge> {
  const isWanted = identityMatcher(requirement)
  const material = await trustMaterial(trustedRoot)
  const [{ bundleFromJSON }, { toSignedEntity, VerificationError, Verifier }] = await Promise.all([
    import('@sigstore/bundle'),
    import('@sigstore/verify'),
  ])
  // A private trusted root may have no logs, only timestamps. Where it has some, they have to have seen the signature.
  const [ctlogThreshold, tlogThreshold] = [Math.min(material.ctlogs.length, 1), Math.min(material.tlogs.length, 1)]
  const verifier = new Verifier(material, { ctlogThreshold, tlogThreshold, timestampThreshold: 1 })

  return (attached, digest) => {
    const signed = signedOf(attached, digest)
    const json = signed && keylessBundle(attached, signed)
    if (signed === undefined || json === undefined) return MALFORMED
    try {
      const bundle = bundleFromJSON(json)
      const certificate = certificateIn(bundle)
      if (certificate === undefined) return { reason: 'signed by a key, not by an identity', stage: 'untrusted' }
      const { identity } = verifier.verify(toSignedEntity(bundle, signed.bytes))
      const issuer = identity?.extensions?.issuer ?? ''
      const name = identity?.subjectAlternativeName ?? ''
      const by = `"${printable(name)}" of "${printable(issuer)}"`
      if (!isOnlyName(name, certificate) || !isWanted(issuer, name)) {
        return { reason: `signed by another identity, ${by}`, stage: 'trusted' }
      }
      return signed.objection === undefined ? { by } : { reason: signed.objection, stage: 'trusted' }
    } catch (error) {
      return error instanceof VerificationError ? untrusted(error.code) : MALFORMED
    }
  }
}

/** Whether a requirement is one that can be met. Throws `SignatureError` `INVALID_IDENTITY`. */
export function identityMatcher({ issuer, identity }: KeylessRequirement): (issuer: string, name: string) => boolean {
  if (issuer === '' || identity === '')
    throw new SignatureError('INVALID_IDENTITY', 'Cannot require "": it is no identity')
  if (typeof identity === 'string') return (actual, name) => actual === issuer && name === identity
  const pattern = wholePattern(identity.pattern)
  return (actual, name) => actual === issuer && pattern.matches(name)
}

/** Of all of a text: a part that matches would be in `https://github.com/acme-evil/…`, too. */
function wholePattern(text: string) {
  try {
    parsePattern(text) // alone, or `a)|(b` would be taken for one
    return parsePattern(`\\A(?:${text})\\z`)
  } catch (error) {
    throw new SignatureError('INVALID_IDENTITY', reasonOf(error), { cause: error })
  }
}

async function trustMaterial(text: string): Promise<TrustMaterial> {
  const [{ TrustedRoot }, { toTrustMaterial }] = await Promise.all([
    import('@sigstore/protobuf-specs'),
    import('@sigstore/verify'),
  ])
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(text)))
    if (material.certificateAuthorities.length === 0) throw new Error('it has no certificate authorities')
    return material
  } catch (error) {
    const message = `Cannot read the trusted root: ${printable(reasonOf(error))}`
    throw new SignatureError('INVALID_TRUSTED_ROOT', message, { cause: error })
  }
}

function certificateIn({ verificationMaterial: { content } }: Bundle): X509Certificate | undefined {
  if (content.$case === 'publicKey') return undefined
  const first = content.$case === 'certificate' ? content.certificate : content.x509CertificateChain.certificates[0]
  return first && new X509Certificate(first.rawBytes)
}

/**
 * Whether a certificate names this and nothing else. The library reads names as ASCII and drops the eighth bit, so that another
 * name could pass for this one.
 */
function isOnlyName(name: string, { subjectAltName }: X509Certificate): boolean {
  return subjectAltName === `URI:${name}` || subjectAltName === `email:${name}`
}

/** By the code of the library's error, whose message is for its developers. */
function untrusted(code: string): Judgement {
  return { reason: REASONS.find(([start]) => code.startsWith(start))?.[1] ?? MALFORMED_REASON, stage: 'untrusted' }
}

const REASONS: readonly (readonly [start: string, reason: string])[] = [
  ['CERTIFICATE_', 'certificate is not of a trusted authority, or was not valid then'],
  ['TLOG_', 'no trusted log vouches for the signature'],
  ['TIMESTAMP_', 'nothing trusted tells when it was signed'],
  ['SIGNATURE_', 'signature does not verify'],
]
const MALFORMED_REASON = 'malformed signature'

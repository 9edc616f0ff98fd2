import type { Digest } from '../../image/digest.js'
import type { AttachedSignature } from '../registry/attached-signature.js'

/** By whom an image has to be signed. */
export type SignatureRequirement =
  /** Text of one or more public keys, as PEM, of which one has to have signed. */
  { readonly cosign: string } | { readonly keyless: KeylessRequirement }

/** Whom Fulcio's certificate names. */
export interface KeylessRequirement {
  /** Who vouched for the identity, such as `https://token.actions.githubusercontent.com`. */
  readonly issuer: string
  /** The certificate's only subject alternative name, or a pattern in RE2 syntax for all of it. */
  readonly identity: string | { readonly pattern: string }
  /** JSON text of a Sigstore trusted root. Default: that of Sigstore's public instance. */
  readonly trustedRoot?: string | undefined
}

/** Judges one attached signature of a digest. Nothing of the signature makes it throw. */
export type Judge = (attached: AttachedSignature, digest: Digest) => Judgement

/** How far a signature came tells which of several reasons is worth telling. */
export type Judgement =
  | { readonly by: string }
  | { readonly reason: string; readonly stage: 'malformed' | 'untrusted' | 'trusted' }

export const MALFORMED: Judgement = { reason: 'malformed signature', stage: 'malformed' }

import type { Annotations } from './provenance.js'

/** What somebody attached to a manifest to vouch for it. Anybody who may push can attach anything. */
export type AttachedSignature =
  | {
      /** cosign's first form (sigstore/cosign, specs/SIGNATURE_SPEC.md): a payload that names the manifest. */
      readonly kind: 'simpleSigning'
      readonly payload: Buffer
      /** Of the payload's layer: the signature, and where it has them its certificate and log entry. */
      readonly annotations: Annotations
    }
  | {
      /** A Sigstore bundle as JSON (sigstore/cosign, specs/BUNDLE_SPEC.md). */
      readonly kind: 'bundle'
      readonly body: Buffer
      /** The manifest itself, where the bundle signs it and not a statement that names it. */
      readonly manifest?: Buffer | undefined
    }

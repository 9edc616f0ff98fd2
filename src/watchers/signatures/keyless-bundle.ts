import { hash, X509Certificate } from 'node:crypto'
import type { AttachedSignature } from '../registry/attached-signature.js'
import { tryParseJson } from '../registry/json.js'
import type { Annotations } from '../registry/provenance.js'
import { bytesOf, type Signed, textOf } from './signed.js'

/** Where cosign puts what makes a payload's signature a keyless one (sigstore/cosign, specs/SIGNATURE_SPEC.md). */
const CERTIFICATE = 'dev.sigstore.cosign/certificate'
const LOG_ENTRY = 'dev.sigstore.cosign/bundle'
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp'

/** The form of a bundle whose log entry has only the log's promise, as those of payloads have. */
const BUNDLE_WITH_PROMISE = 'application/vnd.dev.sigstore.bundle+json;version=0.1'

/** Each log entry and each timestamp takes a verification or more, and an honest signer asks for one or two. */
const MOST_WITNESSES = 8

/** A signature as the JSON of a Sigstore bundle, ready for the library; undefined where it is malformed. */
export function keylessBundle(attached: AttachedSignature, signed: Signed): object | undefined {
  if (attached.kind === 'simpleSigning') return bundleOf(attached.annotations, signed)
  const bundle = tryParseJson(attached.body)
  if (!isTame(bundle)) return undefined
  return attached.manifest === undefined ? bundle : { ...bundle, messageSignature: messageSignatureOf(signed) }
}

function bundleOf(annotations: Annotations, signed: Signed): object | undefined {
  const certificate = certificateIn(textOf(annotations, CERTIFICATE) ?? '')
  const entry = logEntryIn(textOf(annotations, LOG_ENTRY))
  const timestamp = textOf(annotations, TIMESTAMP)
  const { SignedRFC3161Timestamp: signedTimestamp } = Object(tryParseJson(Buffer.from(timestamp ?? '')))
  if (certificate === undefined) return undefined
  return {
    mediaType: BUNDLE_WITH_PROMISE,
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes: certificate.toString('base64') }] },
      tlogEntries: entry === undefined ? [] : [entry],
      timestampVerificationData: { rfc3161Timestamps: bytesOf(signedTimestamp) ? [{ signedTimestamp }] : [] },
    },
    messageSignature: messageSignatureOf(signed),
  }
}

// Not the digest that a bundle claims: the log's entry would be compared with the claim, and the signature with the content.
function messageSignatureOf({ bytes, signature }: Signed): object {
  return {
    messageDigest: { algorithm: 'SHA2_256', digest: hash('sha256', bytes, 'base64') },
    signature: signature.toString('base64'),
  }
}

function certificateIn(pem: string): Buffer | undefined {
  try {
    return new X509Certificate(pem).raw
  } catch {
    return undefined
  }
}

function logEntryIn(text: string | undefined): object | undefined {
  const { SignedEntryTimestamp: signedEntryTimestamp, Payload } = Object(tryParseJson(Buffer.from(text ?? '')))
  const { body: canonicalizedBody, integratedTime, logIndex, logID } = Object(Payload)
  const body = bytesOf(canonicalizedBody)
  if (body === undefined || typeof logID !== 'string') return undefined
  const { kind, apiVersion: version } = Object(tryParseJson(body))
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
    kindVersion: { kind, version },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    canonicalizedBody,
  }
}

/**
 * Whether a bundle is safe to hand to the library, which compares every witness with every other one and takes the name in
 * a checkpoint's signature (`— rekor.sigstore.dev …`) for a regular expression.
 */
function isTame(bundle: unknown): bundle is object {
  const { tlogEntries = [], timestampVerificationData } = Object(Object(bundle).verificationMaterial)
  const { rfc3161Timestamps = [] } = Object(timestampVerificationData)
  for (const witnesses of [tlogEntries, rfc3161Timestamps]) {
    if (!Array.isArray(witnesses) || witnesses.length > MOST_WITNESSES) return false
  }
  return tlogEntries.every((entry: unknown) => {
    const { envelope = '' } = Object(Object(Object(entry).inclusionProof).checkpoint)
    return typeof envelope === 'string' && !/\u2014 (?![A-Za-z0-9./:_-]+ )/.test(envelope)
  })
}

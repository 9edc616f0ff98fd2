import type { Digest } from '../../image/digest.js'
import type { AttachedSignature } from '../registry/attached-signature.js'
import { SIGN_PREDICATE } from '../registry/attached-signatures.js'
import { tryParseJson } from '../registry/json.js'
import type { Annotations } from '../registry/provenance.js'

/** What a signature signs, whoever signed it. */
export interface Signed {
  readonly bytes: Buffer
  readonly signature: Buffer
  /** Why these bytes do not vouch for the digest; absent where they do. */
  readonly objection?: string | undefined
}

/** Where cosign puts the signature of a payload. */
const SIGNATURE = 'dev.cosignproject.cosign/signature'
const PAYLOAD_TYPE = 'cosign container image signature'

/** Of the in-toto attestation framework, spec/v1 and v0.1. */
const STATEMENT_TYPES: readonly unknown[] = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']
const STATEMENT = 'application/vnd.in-toto+json'

const OTHER_DIGEST = 'signature is of another digest'
const OTHER_THING = 'signature is not of an image'

/** Longer texts are none that a signer wrote: a signature has some hundred characters, a certificate some thousand. */
const LONGEST_TEXT = 32_768
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** What an attached signature signs, or undefined where it is malformed. */
export function signedOf(attached: AttachedSignature, digest: Digest): Signed | undefined {
  if (attached.kind === 'simpleSigning') return signedPayload(attached.payload, attached.annotations, digest)
  const { dsseEnvelope, messageSignature } = Object(tryParseJson(attached.body))
  if (dsseEnvelope !== undefined)
    return messageSignature === undefined ? signedStatement(dsseEnvelope, digest) : undefined
  const signature = bytesOf(Object(messageSignature).signature)
  return attached.manifest && signature && { bytes: attached.manifest, signature }
}

/** An annotation's text, or undefined where there is none or one that is too long. */
export function textOf(annotations: Annotations, key: string): string | undefined {
  const text = Object.hasOwn(annotations, key) ? annotations[key] : undefined
  return typeof text === 'string' && text.length <= LONGEST_TEXT ? text : undefined
}

/** The bytes of base64 text, or undefined where it is none. */
export function bytesOf(text: unknown): Buffer | undefined {
  return typeof text === 'string' && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
}

/** sigstore/cosign, specs/SIGNATURE_SPEC.md; the name that is within is the signer's, and left alone there too. */
function signedPayload(bytes: Buffer, annotations: Annotations, digest: Digest): Signed | undefined {
  const signature = bytesOf(textOf(annotations, SIGNATURE))
  if (signature === undefined) return undefined
  const { type, image } = Object(Object(tryParseJson(bytes)).critical)
  const named = Object(image)['docker-manifest-digest']
  return { bytes, signature, objection: objectionTo(type === PAYLOAD_TYPE, named === digest) }
}

function signedStatement(envelope: unknown, digest: Digest): Signed | undefined {
  const { payload, payloadType, signatures } = Object(envelope)
  const statement = bytesOf(payload)
  const signature = bytesOf(Object(Array.isArray(signatures) && signatures.length === 1 && signatures[0]).sig)
  if (statement === undefined || signature === undefined || typeof payloadType !== 'string') return undefined
  const { _type: type, predicateType, subject } = Object(tryParseJson(statement))
  const isSigning = payloadType === STATEMENT && STATEMENT_TYPES.includes(type) && predicateType === SIGN_PREDICATE
  const names = Array.isArray(subject) && subject.some((entry) => isDigestOf(entry, digest))
  return {
    bytes: preAuthenticationEncoding(payloadType, statement),
    signature,
    objection: objectionTo(isSigning, names),
  }
}

function isDigestOf(subject: unknown, digest: Digest): boolean {
  const [algorithm = '', encoded] = digest.split(':', 2)
  const digests: unknown = Object(Object(subject).digest)
  return Object.hasOwn(Object(digests), algorithm) && Object(digests)[algorithm] === encoded
}

function objectionTo(isSigning: boolean, namesDigest: boolean): string | undefined {
  if (!isSigning) return OTHER_THING
  return namesDigest ? undefined : OTHER_DIGEST
}

/** secure-systems-lab/dsse, protocol.md: lengths are of bytes, so that no other two parts read the same. */
function preAuthenticationEncoding(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body])
}

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Artifact } from './image.js'

/** Formats of sigstore/cosign, specs/SIGNATURE_SPEC.md and BUNDLE_SPEC.md, and of secure-systems-lab/dsse, protocol.md. */
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
export const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
export const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'

export type Sign = (bytes: Buffer) => Buffer

export interface SigningKey {
  /** As `cosign.pub`. */
  readonly pem: string
  readonly sign: Sign
}

/** What `cosign generate-key-pair` makes. */
export function signingKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { pem: pemOf(publicKey), sign: (bytes) => sign('sha256', bytes, privateKey) }
}

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

/** The payload of `cosign sign`, and one layer with its signature. */
export function payloadOf(digest: string, type = 'cosign container image signature'): Buffer {
  const critical = {
    identity: { 'docker-reference': 'registry.example.com/team/app' },
    image: { 'docker-manifest-digest': digest },
    type,
  }
  return Buffer.from(JSON.stringify({ critical, optional: null }))
}

export function payloadLayer(
  payload: Buffer,
  signature: Buffer,
  more: Readonly<Record<string, string>> = {},
): Artifact['layers'][number] {
  const annotations = { 'dev.cosignproject.cosign/signature': signature.toString('base64'), ...more }
  return { mediaType: SIMPLE_SIGNING, content: payload, annotations }
}

/** The statement that `cosign sign` signs since its version 3. */
export function statementOf(digest: string, more: object = {}): Buffer {
  const [algorithm = '', encoded] = digest.split(':')
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { [algorithm]: encoded }, annotations: {} }],
      predicateType: SIGN_PREDICATE,
      predicate: {},
      ...more,
    }),
  )
}

/** A DSSE envelope as it stands in a bundle. */
export function envelopeOf(statement: Buffer, sign: Sign, payloadType = 'application/vnd.in-toto+json') {
  const encoded = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `),
    statement,
  ])
  return {
    payload: statement.toString('base64'),
    payloadType,
    signatures: [{ sig: sign(encoded).toString('base64'), keyid: '' }],
  }
}

/** A bundle of a key's signature, without any log entry: `cosign sign --key … --tlog-upload=false`. */
export function keyBundle(content: object): Buffer {
  const verificationMaterial = { publicKey: { hint: 'hint' }, tlogEntries: [] }
  return Buffer.from(JSON.stringify({ mediaType: BUNDLE, verificationMaterial, ...content }))
}

/** The artifact that refers to an image with a bundle. */
export function bundleArtifact(subject: string, bundle: Buffer, predicateType = SIGN_PREDICATE): Artifact {
  return {
    artifactType: BUNDLE,
    subject,
    layers: [{ mediaType: BUNDLE, content: bundle }],
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateType,
    },
  }
}

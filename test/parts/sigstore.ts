import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { bits, der, integer, octets, oid, sequence, set, text, time, yes } from './der.js'
import type { Sign } from './signing.js'

/**
 * A Sigstore of one's own: what vouches for keyless signatures, without its services. Certificates are as Fulcio's
 * (sigstore/fulcio, docs/certificate-specification.md and oid-info.md, RFC 5280), their log is RFC 6962's, and entries are as
 * Rekor's (sigstore/rekor, openapi.yaml; checkpoints by transparency-dev/formats, log/README.md).
 */
export interface Sigstore {
  /** JSON as in `trusted_root.json` (sigstore/protobuf-specs, protos/sigstore_trustroot.proto). */
  readonly trustedRoot: string
  /** A certificate for a key of its own that lasts ten minutes. */
  certify(identity: Identity, options?: { readonly at?: number; readonly logged?: boolean }): Certified
  /** Enters what was signed in the log. */
  log(body: object, at?: number): LogEntry
}

export interface Identity {
  readonly issuer: string
  /** An email address, or else a URI. */
  readonly name: string
}

export interface Certified {
  readonly der: Buffer
  readonly pem: string
  readonly sign: Sign
}

export interface LogEntry {
  /** As in the bundle of a payload's layer (sigstore/cosign, specs/SIGNATURE_SPEC.md). */
  readonly annotation: string
  /** As in a Sigstore bundle. */
  readonly entry: object
}

const TEN_MINUTES_MS = 600_000
const DAY_MS = 86_400_000
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const NAME = sequence(set(sequence(oid('2.5.4.3'), text('sigstore'))))

export function createSigstore(): Sigstore {
  const authority = keyPair()
  const certificateLog = keyPair()
  const log = keyPair()
  const validFor = { start: new Date(Date.now() - DAY_MS).toISOString() }
  const logInstance = ({ spki, id }: KeyPair, baseUrl: string) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: spki.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: id.toString('base64') },
  })
  const root = certificate(authority, {
    key: authority.spki,
    from: Date.now() - DAY_MS,
    until: Date.now() + DAY_MS,
    extensions: [
      extension('2.5.29.19', sequence(yes), true),
      extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
      extension('2.5.29.14', octets(authority.id)),
    ],
  })

  return {
    trustedRoot: JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logInstance(log, 'https://log.example.com')],
      ctlogs: [logInstance(certificateLog, 'https://ct.example.com')],
      certificateAuthorities: [
        {
          subject: { organization: 'example.com', commonName: 'sigstore' },
          uri: 'https://fulcio.example.com',
          certChain: { certificates: [{ rawBytes: root.toString('base64') }] },
          validFor,
        },
      ],
      timestampAuthorities: [],
    }),

    certify({ issuer, name }, { at = Date.now(), logged = true } = {}) {
      const { privateKey, spki } = keyPair()
      const alternative = name.includes('://')
        ? der(0x86, Buffer.from(name, 'latin1'))
        : der(0x81, Buffer.from(name, 'latin1'))
      const extensions = [
        extension('2.5.29.17', sequence(alternative), true),
        extension('1.3.6.1.4.1.57264.1.8', text(issuer)),
      ]
      const options = { key: spki, from: at, until: at + TEN_MINUTES_MS, extensions }
      const proof = extension('1.3.6.1.4.1.11129.2.4.2', octets(signedTimestamps(options, authority, certificateLog)))
      const cert = certificate(authority, logged ? { ...options, extensions: [...extensions, proof] } : options)
      const pem = `-----BEGIN CERTIFICATE-----\n${cert.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
      return { der: cert, pem, sign: (bytes) => sign('sha256', bytes, privateKey) }
    },

    log(body, at = Date.now()) {
      const canonicalized = Buffer.from(JSON.stringify(sorted(body)))
      const canonicalizedBody = canonicalized.toString('base64')
      const integratedTime = Math.floor(at / 1_000)
      const promised = { body: canonicalizedBody, integratedTime, logID: log.id.toString('hex'), logIndex: 7 }
      const promise = sign('sha256', Buffer.from(JSON.stringify(promised)), log.privateKey).toString('base64')
      const leaf = createHash('sha256')
        .update(Buffer.from([0]))
        .update(canonicalized)
        .digest('base64')
      const note = `log.example.com - 1\n1\n${leaf}\n`
      const noteSignature = Buffer.concat([log.id.subarray(0, 4), sign('sha256', Buffer.from(note), log.privateKey)])
      const { kind, apiVersion: version } = Object(body)
      return {
        annotation: JSON.stringify({ SignedEntryTimestamp: promise, Payload: promised }),
        entry: {
          logIndex: '7',
          logId: { keyId: log.id.toString('base64') },
          kindVersion: { kind, version },
          integratedTime: String(integratedTime),
          inclusionPromise: { signedEntryTimestamp: promise },
          inclusionProof: {
            logIndex: '0',
            treeSize: '1',
            hashes: [],
            rootHash: leaf,
            checkpoint: { envelope: `${note}\n\u2014 log.example.com ${noteSignature.toString('base64')}\n` },
          },
          canonicalizedBody,
        },
      }
    },
  }
}

/** The body of a log entry for a signature of some bytes. */
export function hashedRecord(bytes: Buffer, signature: Buffer, { pem }: Certified): object {
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') } },
      signature: {
        content: signature.toString('base64'),
        publicKey: { content: Buffer.from(pem).toString('base64') },
      },
    },
  }
}

/** The body of a log entry for an envelope with one signature. */
export function envelopeRecord(statement: Buffer, signature: string, { pem }: Certified): object {
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      payloadHash: { algorithm: 'sha256', value: createHash('sha256').update(statement).digest('hex') },
      signatures: [{ signature, verifier: Buffer.from(pem).toString('base64') }],
    },
  }
}

interface KeyPair {
  readonly privateKey: KeyObject
  readonly spki: Buffer
  /** The hash of the public key, as logs are named. */
  readonly id: Buffer
}

function keyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return { privateKey, spki, id: createHash('sha256').update(spki).digest() }
}

interface CertificateOptions {
  readonly key: Buffer
  readonly from: number
  readonly until: number
  readonly extensions: readonly Buffer[]
}

function certificate({ privateKey }: KeyPair, options: CertificateOptions): Buffer {
  const signed = toBeSigned(options)
  return sequence(signed, ECDSA_SHA256, bits(sign('sha256', signed, privateKey)))
}

function toBeSigned({ key, from, until, extensions }: CertificateOptions): Buffer {
  const version = der(0xa0, integer(2))
  const validity = sequence(time(from), time(until))
  return sequence(version, integer(1), ECDSA_SHA256, NAME, validity, NAME, key, der(0xa3, sequence(...extensions)))
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octets(value))
}

/** RFC 6962, section 3.2: the log signs the certificate as it is without this. */
function signedTimestamps(options: CertificateOptions, authority: KeyPair, log: KeyPair): Buffer {
  const at = Buffer.alloc(8)
  at.writeBigUInt64BE(BigInt(options.from))
  const body = toBeSigned(options)
  const none = Buffer.from([0, 0])
  const entry = [Buffer.from([0, 1]), authority.id, Buffer.from([0]), uint16(body.length), body, none]
  const signature = sign('sha256', Buffer.concat([Buffer.from([0, 0]), at, ...entry]), log.privateKey)
  const proof = Buffer.concat([
    Buffer.from([0]),
    log.id,
    at,
    none,
    Buffer.from([4, 3]),
    uint16(signature.length),
    signature,
  ])
  return Buffer.concat([uint16(proof.length + 2), uint16(proof.length), proof])
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

/** With the keys of each object in order, as canonical JSON has them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  )
}

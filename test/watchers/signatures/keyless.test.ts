import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AttachedSignature } from '../../../src/watchers/registry/attached-signature.js'
import { keylessJudge } from '../../../src/watchers/signatures/keyless.js'
import { keyJudge } from '../../../src/watchers/signatures/keys.js'
import type { KeylessRequirement } from '../../../src/watchers/signatures/requirement.js'
import { BUNDLE, envelopeOf, keyBundle, payloadLayer, payloadOf, signingKey, statementOf } from '../../parts/signing.js'
import { type Certified, createSigstore, envelopeRecord, hashedRecord } from '../../parts/sigstore.js'

const DIGEST = `sha256:${'1'.repeat(64)}`
const OTHER_DIGEST = `sha256:${'2'.repeat(64)}`
const ISSUER = 'https://token.actions.githubusercontent.com'
const NAME = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.0.0'
const HOUR_MS = 3_600_000

const sigstore = createSigstore()
const identity = { issuer: ISSUER, name: NAME }
const signer = sigstore.certify(identity)

/** What `cosign sign` of version 2 attaches. */
function payload(options: { by?: Certified; digest?: string; store?: typeof sigstore; loggedAt?: number } = {}) {
  const { by = signer, digest = DIGEST, store = sigstore, loggedAt } = options
  const bytes = payloadOf(digest)
  const signature = by.sign(bytes)
  const { annotation } = store.log(hashedRecord(bytes, signature, by), loggedAt)
  const more = { 'dev.sigstore.cosign/certificate': by.pem, 'dev.sigstore.cosign/bundle': annotation }
  const { annotations = {} } = payloadLayer(bytes, signature, more)
  return { kind: 'simpleSigning', payload: bytes, annotations } as const
}

/** What `cosign sign` of version 3 attaches, changed by `change`. */
function bundle(change: (parts: { material: Material; dsseEnvelope: object }) => object = () => ({}), digest = DIGEST) {
  const statement = statementOf(digest)
  const dsseEnvelope = envelopeOf(statement, signer.sign)
  const { entry } = sigstore.log(envelopeRecord(statement, dsseEnvelope.signatures[0]?.sig ?? '', signer))
  const material = materialOf(signer, entry)
  const content = {
    mediaType: BUNDLE,
    verificationMaterial: material,
    dsseEnvelope,
    ...change({ material, dsseEnvelope }),
  }
  return { kind: 'bundle', body: Buffer.from(JSON.stringify(content)) } as const
}

type Material = ReturnType<typeof materialOf>

function materialOf(by: Certified, entry: object) {
  return { certificate: { rawBytes: by.der.toString('base64') }, tlogEntries: [entry] }
}

/** A bundle that signs the manifest itself. */
function manifestBundle(manifest: Buffer, claimed: Buffer): AttachedSignature {
  const signature = signer.sign(manifest)
  const { entry } = sigstore.log(hashedRecord(claimed, signature, signer))
  const messageSignature = {
    messageDigest: { algorithm: 'SHA2_256', digest: '' },
    signature: signature.toString('base64'),
  }
  const content = { mediaType: BUNDLE, verificationMaterial: materialOf(signer, entry), messageSignature }
  return { kind: 'bundle', body: Buffer.from(JSON.stringify(content)), manifest }
}

async function judge(
  attached: AttachedSignature,
  requirement: Partial<KeylessRequirement> = {},
  root = sigstore.trustedRoot,
) {
  const judged = (await keylessJudge({ issuer: ISSUER, identity: NAME, ...requirement }, root))(attached, DIGEST)
  return 'by' in judged ? 'yes' : judged.reason
}

describe('a keyless signature', () => {
  const manifest = Buffer.from('{"schemaVersion":2}')
  const other = `signed by another identity, "${NAME}" of "${ISSUER}"`
  const malformed = 'malformed signature'
  const unlogged = 'no trusted log vouches for the signature'
  const uncertified = 'certificate is not of a trusted authority, or was not valid then'

  const SIGNATURES: readonly [name: string, attached: AttachedSignature, expected: string][] = [
    ['of a payload', payload(), 'yes'],
    ['of a statement', bundle(), 'yes'],
    ['of the manifest', manifestBundle(manifest, manifest), 'yes'],
    ['of another digest', payload({ digest: OTHER_DIGEST }), 'signature is of another digest'],
    ['of a statement of another digest', bundle(undefined, OTHER_DIGEST), 'signature is of another digest'],
    ['whose log entry is of another manifest', manifestBundle(manifest, Buffer.from('{}')), unlogged],
    ['of another authority', payload({ by: createSigstore().certify(identity) }), uncertified],
    [
      'of a certificate that no log has seen',
      payload({ by: sigstore.certify(identity, { logged: false }) }),
      uncertified,
    ],
    ['that was made after its certificate', payload({ loggedAt: Date.now() + HOUR_MS }), uncertified],
    ['of another log', payload({ store: createSigstore() }), unlogged],
    [
      'that nobody saw',
      bundle(({ material }) => ({ verificationMaterial: { ...material, tlogEntries: [] } })),
      'nothing trusted tells when it was signed',
    ],
    [
      'whose log entry is of another signature',
      {
        ...bundle(({ material: { certificate } }) => ({
          verificationMaterial: {
            certificate,
            tlogEntries: [sigstore.log(envelopeRecord(statementOf(DIGEST), 'AAAA', signer)).entry],
          },
        })),
      },
      unlogged,
    ],
    [
      'by a key',
      { kind: 'bundle', body: keyBundle({ dsseEnvelope: envelopeOf(statementOf(DIGEST), signingKey().sign) }) },
      'signed by a key, not by an identity',
    ],
    [
      'by a key, of a payload',
      { ...payload(), annotations: payloadLayer(payloadOf(DIGEST), signer.sign(payloadOf(DIGEST))).annotations ?? {} },
      malformed,
    ],
    [
      'whose log entry is no JSON',
      { ...payload(), annotations: { ...payload().annotations, 'dev.sigstore.cosign/bundle': '{' } },
      'nothing trusted tells when it was signed',
    ],
    [
      'whose certificate is none',
      bundle(() => ({ verificationMaterial: { certificate: { rawBytes: 'AAAA' }, tlogEntries: [] } })),
      malformed,
    ],
    ['of another media type', bundle(() => ({ mediaType: 'text/plain' })), malformed],
    ['without material', bundle(() => ({ verificationMaterial: null })), malformed],
    [
      'with too many log entries',
      bundle(({ material }) => ({
        verificationMaterial: { ...material, tlogEntries: Array(9).fill(material.tlogEntries[0]) },
      })),
      malformed,
    ],
    // The library would take it for a regular expression: this one takes it hours.
    [
      'with a pattern for a name',
      bundle(({ material }) => ({
        verificationMaterial: {
          ...material,
          tlogEntries: material.tlogEntries.map((entry) => withLogName(entry, '(([a-z:/.]+)+)+!')),
        },
      })),
      malformed,
    ],
  ]
  for (const [name, attached, expected] of SIGNATURES) {
    it(`${name}: ${expected}`, async () => assert.equal(await judge(attached), expected))
  }

  const REQUIREMENTS: readonly [requirement: Partial<KeylessRequirement>, expected: string][] = [
    [{ identity: { pattern: 'https://github\\.com/acme/.*' } }, 'yes'],
    [{ identity: { pattern: 'a|https://github\\.com/acme/.*' } }, 'yes'],
    [{ identity: { pattern: 'github\\.com/acme' } }, other],
    [{ identity: { pattern: '(?m)^https://github\\.com/acme/app' } }, other],
    [{ identity: NAME.slice(0, -1) }, other],
    [{ identity: '.*' }, other],
    [{ issuer: 'https://accounts.google.com' }, other],
  ]
  for (const [requirement, expected] of REQUIREMENTS) {
    it(`is judged by ${JSON.stringify(requirement)}`, async () => {
      assert.equal(await judge(payload(), requirement), expected)
    })
  }

  it('of an email address', async () => {
    const by = sigstore.certify({ issuer: ISSUER, name: 'dev@example.com' })
    assert.equal(await judge(payload({ by }), { identity: 'dev@example.com' }), 'yes')
  })

  it('of a name that reads as another one without its eighth bits', async () => {
    const name = Buffer.from('dev@example.com')
    name[0] = 0x64 | 0x80
    const by = sigstore.certify({ issuer: ISSUER, name: name.toString('latin1') })
    assert.notEqual(await judge(payload({ by }), { identity: 'dev@example.com' }), 'yes')
  })
})

describe('whatever is attached', () => {
  const by = signingKey()
  const places = [
    'verificationMaterial',
    'certificate',
    'tlogEntries',
    'dsseEnvelope',
    'payload',
    'signatures',
    'logId',
    'checkpoint',
    'mediaType',
  ]

  it('is judged and never verified', async () => {
    const judges = [keyJudge(by.pem), await keylessJudge({ issuer: ISSUER, identity: NAME }, sigstore.trustedRoot)]
    const whole = bundle().body.toString()
    const odd = fc.oneof(fc.constantFrom(null, [], {}, '', -1, [null], 'AAAA'), fc.jsonValue())
    fc.assert(
      fc.property(fc.constantFrom(...places), odd, (place, value) => {
        const body = Buffer.from(JSON.stringify(JSON.parse(whole, (key, old) => (key === place ? value : old))))
        const layer = payloadLayer(body, body, { 'dev.sigstore.cosign/bundle': body.toString() }).annotations ?? {}
        const annotations = { ...layer, 'dev.sigstore.cosign/certificate': signer.pem, [place]: value }
        for (const attached of [
          { kind: 'bundle', body },
          { kind: 'bundle', body, manifest: body },
          { kind: 'bundle', body: Buffer.from(JSON.stringify(value)) },
          { kind: 'simpleSigning', payload: body, annotations },
        ] as const) {
          for (const judge of judges) assert.ok('reason' in judge(attached, DIGEST))
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('a trusted root', () => {
  it('without logs is content with what it has', async () => {
    const { ctlogs: _, ...root } = JSON.parse(sigstore.trustedRoot)
    const by = sigstore.certify(identity, { logged: false })
    assert.equal(await judge(payload({ by }), {}, JSON.stringify({ ...root, ctlogs: [] })), 'yes')
  })

  for (const text of ['', '{}', 'null', '{"tlogs":[{}]}']) {
    it(`is not ${JSON.stringify(text)}`, async () => {
      await assert.rejects(judge(payload(), {}, text), { code: 'INVALID_TRUSTED_ROOT' })
    })
  }
})

function withLogName(entry: object, name: string): object {
  const text = JSON.stringify(entry)
  return JSON.parse(text.replace('\u2014 log.example.com', `\u2014 ${name}`))
}

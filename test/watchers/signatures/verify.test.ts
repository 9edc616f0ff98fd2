import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseRepository } from '../../../src/image/repository.js'
import { systemClock } from '../../../src/lifecycle/clock.js'
import { ociRegistry } from '../../../src/watchers/registry/oci.js'
import type { SignatureRequirement } from '../../../src/watchers/signatures/requirement.js'
import { checkRequirement, createVerifier, type Verify } from '../../../src/watchers/signatures/verify.js'
import { type RegistryPart, startDockerRegistry } from '../../parts/docker-registry.js'
import { type Artifact, pushArtifact, pushImage, pushIndex } from '../../parts/image.js'
import { startInProcessRegistry } from '../../parts/in-process-registry.js'
import {
  bundleArtifact,
  envelopeOf,
  keyBundle,
  payloadLayer,
  payloadOf,
  signingKey,
  statementOf,
} from '../../parts/signing.js'
import { createSigstore, envelopeRecord } from '../../parts/sigstore.js'

const { signal } = new AbortController()
const key = signingKey()
const other = signingKey()
const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`
const COSIGN_ARTIFACT = 'application/vnd.dev.cosign.artifact.sig.v1+json'

const payloadSigned = (digest: string, { sign } = key, named = digest, type?: string) => {
  const payload = payloadOf(named, type)
  return payloadLayer(payload, sign(payload))
}
const bundleSigned = (digest: string, { sign } = key, statement = statementOf(digest)) =>
  keyBundle({ dsseEnvelope: envelopeOf(statement, sign) })

for (const start of [startDockerRegistry, startInProcessRegistry]) {
  const hasReferrers = start === startInProcessRegistry

  describe(`verifies signatures on ${start.name}`, () => {
    const registry = ociRegistry({ hosts: () => ({ plainHttp: true }), clock: systemClock, userAgent: 'test' })
    const trustedRoot = { folder: '/nowhere' }
    const verify = createVerifier({ registry, clock: systemClock, trustedRoot })
    let part: RegistryPart
    let images = 0

    before(async () => {
      part = await start()
    })
    after(async () => {
      await registry.stop()
      await part.stop()
    })

    const image = async (platforms?: readonly string[]) => {
      const path = `team/app${++images}`
      const { digest } = await pushImage(part, path, '1.0.0', platforms && { platforms })
      return { path, digest }
    }
    const tag = (path: string, digest: string, layers: Artifact['layers']) =>
      pushArtifact(part, path, { layers }, `${digest.replace(':', '-')}.sig`)

    /** As clients do: where the registry keeps no list of what refers to a manifest, they do. */
    const refer = async (path: string, digest: string, artifacts: readonly Artifact[]) => {
      const pushed = await Promise.all(
        artifacts.map(async (artifact) => {
          const { artifactType, annotations } = artifact
          return { ...(await pushArtifact(part, path, artifact)), artifactType, annotations }
        }),
      )
      if (!hasReferrers) await pushIndex(part, path, digest.replace(':', '-'), pushed)
    }

    const verdict = async (path: string, digest: string, cosign = key.pem) => {
      const answer = await verify(parseRepository(`${part.host}/${path}`), digest, { cosign }, signal)
      return answer.verified ? answer.by.slice(0, 11) : answer.reason
    }
    const YES = 'key SHA256:'

    it('not of an image without any', async () => {
      const { path, digest } = await image()
      assert.equal(await verdict(path, digest), 'no signature found')
      assert.equal(await verdict(path, OTHER_DIGEST), 'no signature found')
      assert.equal(await verdict('team/nope', digest), 'no signature found')
    })

    it('under the tag of the digest, of an image and of an index', async () => {
      for (const { path, digest } of [await image(), await image(['linux/amd64', 'linux/arm64'])]) {
        await tag(path, digest, [payloadSigned(digest)])
        assert.equal(await verdict(path, digest), YES)
        assert.equal(await verdict(path, digest, other.pem), 'signed by another key')
      }
    })

    it('of several, by any of several keys', async () => {
      const { path, digest } = await image()
      await tag(path, digest, [
        payloadSigned(digest, other),
        payloadSigned(digest, key, OTHER_DIGEST),
        payloadSigned(digest),
      ])
      assert.equal(await verdict(path, digest, `${signingKey().pem}\n# ours\n${key.pem}`), YES)
    })

    it('by a bundle that refers to the image', async () => {
      const { path, digest } = await image()
      const attestation = bundleArtifact(digest, bundleSigned(digest, other), 'https://slsa.dev/provenance/v1')
      await refer(path, digest, [attestation, bundleArtifact(digest, bundleSigned(digest))])
      assert.equal(await verdict(path, digest), YES)
      assert.equal(await verdict(path, digest, other.pem), 'signed by another key')
    })

    it('by a bundle that signs the manifest itself', async () => {
      const { path, digest } = await image()
      const manifest = await (await fetch(`${part.url}/v2/${path}/manifests/${digest}`, MANIFEST)).arrayBuffer()
      const signed = (bytes: Buffer) =>
        keyBundle({ messageSignature: { signature: key.sign(bytes).toString('base64'), messageDigest: {} } })
      await refer(path, digest, [bundleArtifact(digest, signed(Buffer.from(manifest)))])
      assert.equal(await verdict(path, digest), YES)

      const another = await image()
      await refer(another.path, another.digest, [bundleArtifact(another.digest, signed(Buffer.from('{}')))])
      assert.equal(await verdict(another.path, another.digest), 'signed by another key')
    })

    it('by a payload that refers to the image', async () => {
      const { path, digest } = await image()
      await refer(path, digest, [{ subject: digest, artifactType: COSIGN_ARTIFACT, layers: [payloadSigned(digest)] }])
      assert.equal(await verdict(path, digest), YES)
    })

    it('by what refers to an image whose tag has only another signature', async () => {
      const { path, digest } = await image()
      await tag(path, digest, [payloadSigned(digest, other)])
      await refer(path, digest, [bundleArtifact(digest, bundleSigned(digest))])
      assert.equal(await verdict(path, digest), YES)
    })

    it('by an identity', async () => {
      const { path, digest } = await image()
      const sigstore = createSigstore()
      const identity = { issuer: 'https://accounts.google.com', name: 'dev@example.com' }
      const signer = sigstore.certify(identity)
      const statement = statementOf(digest)
      const dsseEnvelope = envelopeOf(statement, signer.sign)
      const { entry } = sigstore.log(envelopeRecord(statement, dsseEnvelope.signatures[0]?.sig ?? '', signer))
      const material = { certificate: { rawBytes: signer.der.toString('base64') }, tlogEntries: [entry] }
      await refer(path, digest, [bundleArtifact(digest, keyBundle({ verificationMaterial: material, dsseEnvelope }))])
      const { trustedRoot } = sigstore
      const asked = { issuer: identity.issuer, trustedRoot }
      const by = (name: string) =>
        verify(parseRepository(`${part.host}/${path}`), digest, { keyless: { ...asked, identity: name } }, signal)
      const named = '"dev@example.com" of "https://accounts.google.com"'
      assert.deepEqual(await by('dev@example.com'), { verified: true, by: named })
      assert.deepEqual(await by('ops@example.com'), { verified: false, reason: `signed by another identity, ${named}` })
    })

    const PAYLOADS: readonly [name: string, layer: (digest: string) => Artifact['layers'][number], reason: string][] = [
      ['of another digest', (digest) => payloadSigned(digest, key, OTHER_DIGEST), 'signature is of another digest'],
      ['of another thing', (digest) => payloadSigned(digest, key, digest, 'a letter'), 'signature is not of an image'],
      ['of no JSON', () => payloadLayer(Buffer.from('{'), key.sign(Buffer.from('{'))), 'signature is not of an image'],
      ['without a signature', (digest) => payloadLayer(payloadOf(digest), Buffer.alloc(0)), 'malformed signature'],
      ['of garbage', (digest) => payloadLayer(payloadOf(digest), Buffer.from('MEUC')), 'signed by another key'],
      [
        'of changed bytes',
        (digest) => payloadLayer(payloadOf(digest), key.sign(payloadOf(OTHER_DIGEST))),
        'signed by another key',
      ],
      ['that is too large', (digest) => payloadSigned(digest, key, digest, 'x'.repeat(200_000)), 'no signature found'],
      ['of another kind', () => ({ mediaType: 'text/plain', content: Buffer.from('hi') }), 'no signature found'],
    ]
    for (const [name, layer, reason] of hasReferrers ? PAYLOADS : []) {
      it(`not by a payload ${name}`, async () => {
        const { path, digest } = await image()
        await tag(path, digest, [layer(digest)])
        assert.equal(await verdict(path, digest), reason)
      })
    }

    const BUNDLES: readonly [name: string, bundle: (digest: string) => Buffer, reason: string][] = [
      ['of another digest', () => bundleSigned(OTHER_DIGEST), 'signature is of another digest'],
      [
        'of another predicate',
        (digest) => bundleSigned(digest, key, statementOf(digest, { predicateType: 'https://example.com' })),
        'signature is not of an image',
      ],
      [
        'of no subject',
        (digest) => bundleSigned(digest, key, statementOf(digest, { subject: null })),
        'signature is of another digest',
      ],
      [
        'of another payload type',
        (digest) => keyBundle({ dsseEnvelope: envelopeOf(statementOf(digest), key.sign, 'text/plain') }),
        'signature is not of an image',
      ],
      [
        // Signed is what says which type it is, and not the statement alone.
        'of the bare statement',
        (digest) => {
          const signed = key.sign(statementOf(digest)).toString('base64')
          const envelope = envelopeOf(statementOf(digest), key.sign)
          return keyBundle({ dsseEnvelope: { ...envelope, signatures: [{ sig: signed }] } })
        },
        'signed by another key',
      ],
      [
        'with two signatures',
        (digest) => {
          const envelope = envelopeOf(statementOf(digest), key.sign)
          return keyBundle({
            dsseEnvelope: { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] },
          })
        },
        'malformed signature',
      ],
      ['of nothing', () => keyBundle({}), 'malformed signature'],
      ['that is no JSON', () => Buffer.from('[[['), 'malformed signature'],
      ['that is null', () => Buffer.from('null'), 'malformed signature'],
      ['of null', () => keyBundle({ dsseEnvelope: null }), 'malformed signature'],
      ['that is deep', () => Buffer.from(`${'['.repeat(60_000)}${']'.repeat(60_000)}`), 'malformed signature'],
    ]
    for (const [name, bundle, reason] of hasReferrers ? BUNDLES : []) {
      it(`not by a bundle ${name}`, async () => {
        const { path, digest } = await image()
        await refer(path, digest, [bundleArtifact(digest, bundle(digest))])
        assert.equal(await verdict(path, digest), reason)
      })
    }
  })
}

const MANIFEST = { headers: { accept: 'application/vnd.oci.image.manifest.v1+json' } }

describe('a verifier', () => {
  const repository = parseRepository('ghcr.io/team/app')
  const digest = `sha256:${'1'.repeat(64)}`
  const payload = payloadOf(digest)
  const { annotations = {} } = payloadLayer(payload, key.sign(payload))

  const verifier = (signatures: () => readonly { payload: Buffer; annotations: object }[]) => {
    const asked: string[] = []
    const verify: Verify = createVerifier({
      clock: systemClock,
      trustedRoot: { folder: '/nowhere' },
      registry: {
        async readSignatures(_, of, { kept }) {
          asked.push(`${kept} ${of}`)
          return signatures().map((found) => ({
            kind: 'simpleSigning',
            payload: found.payload,
            annotations: { ...found.annotations },
          }))
        },
      },
    })
    return { verify, asked }
  }

  it('remembers what was verified, and asks again for what was not', async () => {
    let signed = false
    const { verify, asked } = verifier(() => (signed ? [{ payload, annotations }] : []))
    const requirement = { cosign: key.pem }
    assert.equal((await verify(repository, digest, requirement, signal)).verified, false)
    signed = true
    assert.equal((await verify(repository, digest, requirement, signal)).verified, true)
    signed = false
    assert.equal((await verify(repository, digest, requirement, signal)).verified, true)
    assert.deepEqual(asked, [`tag ${digest}`, `referrers ${digest}`, `tag ${digest}`])
    assert.equal((await verify(repository, digest, { cosign: other.pem }, signal)).verified, false)
    assert.equal((await verify(repository, OTHER_DIGEST, requirement, signal)).verified, false)
  })

  it('tells of the signature that came furthest', async () => {
    const forged = {
      payload: payloadOf(OTHER_DIGEST),
      annotations: payloadLayer(payloadOf(OTHER_DIGEST), key.sign(payloadOf(OTHER_DIGEST))).annotations ?? {},
    }
    const { verify } = verifier(() => [{ payload, annotations: {} }, forged, { payload, annotations: {} }])
    assert.deepEqual(await verify(repository, digest, { cosign: key.pem }, signal), {
      verified: false,
      reason: 'signature is of another digest',
    })
  })

  it('throws what the registry throws', async () => {
    const failure = new Error('unreachable')
    const { verify } = verifier(() => {
      throw failure
    })
    await assert.rejects(verify(repository, digest, { cosign: key.pem }, signal), failure)
  })

  const WRONG: readonly [requirement: SignatureRequirement, error: object][] = [
    [{ cosign: '' }, { code: 'INVALID_KEY' }],
    [{ keyless: { issuer: '', identity: 'a' } }, { code: 'INVALID_IDENTITY' }],
    [{ keyless: { issuer: 'a', identity: '' } }, { code: 'INVALID_IDENTITY' }],
    [{ keyless: { issuer: 'a', identity: 'b', trustedRoot: '{}' } }, { code: 'INVALID_TRUSTED_ROOT' }],
    [{ keyless: { issuer: 'a', identity: { pattern: 'a)|(b' } } }, { code: 'INVALID_IDENTITY' }],
  ]
  for (const [requirement, error] of WRONG) {
    it(`refuses to require ${JSON.stringify(requirement)}`, async () => {
      const { verify, asked } = verifier(() => [])
      await assert.rejects(checkRequirement(requirement), error)
      await assert.rejects(verify(repository, digest, requirement, signal), error)
      assert.deepEqual(asked, [])
    })
  }
})

import { type Digest, isDigest } from '../../image/digest.js'
import { isTag } from '../../image/tag.js'
import type { AttachedSignature } from './attached-signature.js'
import { type Reading, readContent } from './content.js'
import { RegistryError } from './errors.js'
import { answerError } from './failure.js'
import { tryParseJson } from './json.js'
import type { Annotations } from './provenance.js'
import { listReferrers, type Referrer, type ReferrersOptions } from './referrers.js'

/** Media types of sigstore/cosign, specs/SIGNATURE_SPEC.md and BUNDLE_SPEC.md, and of its first referrers. */
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
const COSIGN_ARTIFACT = 'application/vnd.dev.cosign.artifact.sig.v1+json'
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.[0-9]+\+json|\+json;version=0\.[0-9]+)$/
/** What clients name instead of the type of an artifact that needs no configuration. */
const EMPTY = 'application/vnd.oci.empty.v1+json'

const PREDICATE_TYPE = 'dev.sigstore.bundle.predicateType'
/** The predicate of a statement that signs an image and says nothing else of it. */
export const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'

const MOST_SIGNATURES = 50

export interface SignatureBounds {
  readonly listMs: number
  readonly signatureBytes: number
}

export interface TaggedOptions extends Reading {
  readonly digest: Digest
  readonly bounds: SignatureBounds
}

/** The signatures under cosign's tag for a manifest. A digest of SHA-512 is too long to have one. */
export async function readTaggedSignatures(options: TaggedOptions): Promise<readonly AttachedSignature[]> {
  const { digest, read, action, now } = options
  const tag = `${digest.replace(':', '-')}.sig`
  if (!isTag(tag)) return []
  const answer = await read('manifests', tag)
  if (answer.status === 404) return []
  if (answer.status !== 200) throw answerError(action, 'registry', answer, now())
  const found: AttachedSignature[] = []
  await readLayers(answer.body, options, within(options), found)
  return found
}

/** The signatures among what refers to a manifest. Attestations, which say other things of it, are left out. */
export async function readReferringSignatures(
  options: TaggedOptions & ReferrersOptions,
): Promise<readonly AttachedSignature[]> {
  const checkTime = within(options)
  const digests = await listReferrers(options, { isWanted: isCandidate, most: MOST_SIGNATURES, checkTime })
  const found: AttachedSignature[] = []
  for (const digest of digests) {
    checkTime()
    const answer = await readContent('manifests', digest, options)
    if (answer !== undefined) await readLayers(answer.body, options, checkTime, found)
  }
  return found
}

function isCandidate({ artifactType, annotations }: Referrer): boolean {
  const predicate = annotations[PREDICATE_TYPE]
  if (predicate !== undefined && predicate !== SIGN_PREDICATE) return false
  if (artifactType === undefined || artifactType === EMPTY) return true
  return artifactType === COSIGN_ARTIFACT || BUNDLE.test(artifactType)
}

/** Adds the signatures of a manifest to those found so far, up to the most of all. */
async function readLayers(
  manifest: Buffer,
  options: TaggedOptions,
  checkTime: () => void,
  found: AttachedSignature[],
): Promise<void> {
  for (const layer of layersIn(manifest, options.bounds)) {
    if (found.length === MOST_SIGNATURES) return
    checkTime()
    const answer = await readContent('blobs', layer.digest, options)
    if (answer === undefined) continue
    const { body } = answer
    if (layer.kind === 'bundle') found.push({ kind: 'bundle', body, manifest: await signedManifest(body, options) })
    else found.push({ kind: 'simpleSigning', payload: body, annotations: layer.annotations })
  }
}

interface SignatureLayer {
  readonly kind: AttachedSignature['kind']
  readonly digest: Digest
  readonly annotations: Annotations
}

function layersIn(manifest: Buffer, { signatureBytes }: SignatureBounds): readonly SignatureLayer[] {
  const { layers } = Object(tryParseJson(manifest))
  if (!Array.isArray(layers)) return []
  return layers.slice(0, MOST_SIGNATURES).flatMap((layer): readonly SignatureLayer[] => {
    const { mediaType, digest, size, annotations } = Object(layer)
    if (typeof digest !== 'string' || !isDigest(digest) || !(size <= signatureBytes)) return []
    if (mediaType === SIMPLE_SIGNING) return [{ kind: 'simpleSigning', digest, annotations: Object(annotations) }]
    return BUNDLE.test(mediaType) ? [{ kind: 'bundle', digest, annotations: {} }] : []
  })
}

async function signedManifest(bundle: Buffer, options: TaggedOptions): Promise<Buffer | undefined> {
  const { messageSignature } = Object(tryParseJson(bundle))
  if (messageSignature === undefined) return undefined
  return (await readContent('manifests', options.digest, options))?.body
}

/** Throws once all of it takes longer than one list may. */
function within({ action, now, bounds }: TaggedOptions): () => void {
  const endsAt = now() + bounds.listMs
  return () => {
    if (now() <= endsAt) return
    const message = `${action}: not complete within ${bounds.listMs} ms`
    throw new RegistryError('UNREACHABLE', message, { retryable: true })
  }
}

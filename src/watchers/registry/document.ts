import { type Digest, isDigest } from '../../image/digest.js'
import { type Platform, platformOf } from '../../image/platform.js'
import { tryParseJson } from './json.js'
import type { Annotations } from './provenance.js'

/** A manifest as far as we read it (OCI image specification, manifest.md and image-index.md; Docker's are alike). */
export type ManifestDocument = IndexDocument | ImageDocument

export interface IndexDocument {
  readonly kind: 'index'
  readonly annotations: Annotations
  /** Without attestations, which are listed like images and are none. */
  readonly children: readonly Child[]
}

export interface Child {
  readonly digest: Digest
  readonly platform: Platform | undefined
  /** What the index says of it. */
  readonly annotations: Annotations
}

export interface ImageDocument {
  readonly kind: 'image'
  readonly annotations: Annotations
  /** Absent where it is no image to run. */
  readonly config?: Digest
}

export interface ConfigDocument {
  readonly platform: Platform | undefined
  readonly labels: Annotations
  /** As it stands. */
  readonly created: unknown
}

const IMAGE_CONFIGS: readonly unknown[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]

/**
 * The manifest of a body that came as `mediaType`, or undefined where it is none: also one that says to be of another type,
 * or that reads as image and index both, so that two readers could take it for different images (image-spec, manifest.md).
 */
export function tryParseManifest(body: Buffer, mediaType: string): ManifestDocument | undefined {
  const document = objectOf(tryParseJson(body))
  const { mediaType: own, manifests, config, layers } = document
  if (own !== undefined && own !== mediaType) return undefined
  const annotations = objectOf(document.annotations)
  if (Array.isArray(manifests)) {
    if (config !== undefined || layers !== undefined) return undefined
    return { kind: 'index', annotations, children: manifests.flatMap(childOf) }
  }
  const { mediaType: type, digest } = objectOf(config)
  if (typeof digest !== 'string' || !isDigest(digest)) return undefined
  return { kind: 'image', annotations, ...(IMAGE_CONFIGS.includes(type) && { config: digest }) }
}

/** The image configuration of a body, or undefined where it is none. */
export function tryParseConfig(body: Buffer): ConfigDocument | undefined {
  const document = tryParseJson(body)
  if (typeof document !== 'object' || document === null) return undefined
  const { created, config, ...rest } = objectOf(document)
  return { platform: platformIn(rest), labels: objectOf(objectOf(config).Labels), created }
}

function childOf(entry: unknown): readonly Child[] {
  const { digest, platform, annotations } = objectOf(entry)
  if (typeof digest !== 'string' || !isDigest(digest)) return []
  const { os, architecture } = objectOf(platform)
  // BuildKit lists what it attests of an image beside it, as platform `unknown/unknown`.
  const isAttestation = Object.hasOwn(objectOf(annotations), 'vnd.docker.reference.type')
  if (isAttestation || os === 'unknown' || architecture === 'unknown') return []
  return [{ digest, platform: platformIn(objectOf(platform)), annotations: objectOf(annotations) }]
}

function platformIn({ os, architecture, variant }: Readonly<Record<string, unknown>>): Platform | undefined {
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return platformOf(os, architecture, typeof variant === 'string' ? variant : undefined)
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

import { hash } from 'node:crypto'
import { type Digest, isDigest } from '../../image/digest.js'
import { answerError, formError, mediaTypeOf } from './failure.js'
import type { Answer } from './http.js'

/**
 * What a manifest may be. All are asked for at once: to a request that leaves one out, registries answer 404 or
 * another manifest, with another digest.
 */
const MEDIA_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
export const MANIFEST_ACCEPT = MEDIA_TYPES.join(', ')

export interface ManifestOptions {
  readonly manifest: (method: 'HEAD' | 'GET') => Promise<Answer>
  /** Start of every error's message. */
  readonly action: string
  readonly now: () => number
}

/**
 * Asks for a manifest's digest. The header that tells it is only recommended (OCI distribution specification 1.1, section
 * "Pulling manifests"), and some hosts refuse HEAD: then the manifest itself is read, its digest being that of its bytes.
 */
export async function readDigest(options: ManifestOptions): Promise<Digest | undefined> {
  const { manifest, action, now } = options
  const answer = await manifest('HEAD')
  if (answer.status === 404) return undefined
  if (answer.status === 405) return digestOfBody(options)
  if (answer.status !== 200) throw answerError(action, 'registry', answer, now())

  const digest = answer.headers['docker-content-digest']
  if (typeof digest === 'string' && isDigest(digest)) return digest
  if (digest !== undefined) throw formError(action, 'a manifest with a valid digest', answer)
  return digestOfBody(options)
}

async function digestOfBody({ manifest, action, now }: ManifestOptions): Promise<Digest | undefined> {
  const answer = await manifest('GET')
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw answerError(action, 'registry', answer, now())
  if (!MEDIA_TYPES.includes(mediaTypeOf(answer))) throw formError(action, 'a manifest', answer)
  return `sha256:${hash('sha256', answer.body)}`
}

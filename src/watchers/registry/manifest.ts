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
  /** Which manifest it is: what is known of one counts for no other. */
  readonly name: string
  readonly manifest: (method: 'HEAD' | 'GET', headers: Readonly<Record<string, string>>) => Promise<Answer>
  /** Start of every error's message. */
  readonly action: string
  readonly now: () => number
}

/** What a manifest was when it was asked for last. */
interface Known {
  readonly etag: string
  readonly digest: Digest
}

const MOST_KNOWN = 1_000
const LONGEST_ETAG = 256

/**
 * Asks for a manifest's digest. The header that tells it is only recommended (OCI distribution specification 1.1, section
 * "Pulling manifests"), and some hosts refuse HEAD: then the manifest itself is read, its digest being that of its bytes.
 * Who gave an ETag is asked whether the manifest has changed; the answer that it has not tells no digest.
 */
export function digestReader(): (options: ManifestOptions) => Promise<Digest | undefined> {
  const known = new Map<string, Known>()

  return async (options) => {
    const { name, manifest } = options
    const before = known.get(name)
    const headers = { accept: MANIFEST_ACCEPT, ...(before && { 'if-none-match': before.etag }) }
    for (const method of ['HEAD', 'GET'] as const) {
      const answer = await manifest(method, headers)
      if (answer.status === 304 && before !== undefined) return before.digest
      if (answer.status === 404) return undefined
      if (answer.status === 405 && method === 'HEAD') continue
      const digest = digestIn(answer, method, options)
      if (digest === undefined) continue
      remember(name, answer.headers.etag, digest)
      return digest
    }
    return undefined
  }

  function remember(name: string, etag: string | undefined, digest: Digest): void {
    known.delete(name)
    if (etag === undefined || etag.length > LONGEST_ETAG) return
    const [oldest] = known.keys()
    if (oldest !== undefined && known.size >= MOST_KNOWN) known.delete(oldest)
    known.set(name, { etag, digest })
  }
}

/** The digest that an answer tells, or undefined where it is one to HEAD and tells none. */
function digestIn(answer: Answer, method: 'HEAD' | 'GET', { action, now }: ManifestOptions): Digest | undefined {
  if (answer.status !== 200) throw answerError(action, 'registry', answer, now())
  const told = answer.headers['docker-content-digest']
  if (told !== undefined && (typeof told !== 'string' || !isDigest(told))) {
    throw formError(action, 'a manifest with a valid digest', answer)
  }
  if (method === 'HEAD') return told
  if (!MEDIA_TYPES.includes(mediaTypeOf(answer))) throw formError(action, 'a manifest', answer)
  const [algorithm = ''] = (told ?? 'sha256').split(':', 1)
  const digest = `${algorithm}:${hash(algorithm, answer.body)}`
  if (told !== undefined && told !== digest) throw formError(action, 'the manifest of its digest', answer)
  return digest
}

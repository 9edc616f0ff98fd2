import { type Digest, isDigest } from '../../image/digest.js'
import type { Reading } from './content.js'
import { answerError, mediaTypeOf } from './failure.js'
import type { Answer } from './http.js'
import { tryParseJson } from './json.js'
import { nextQuery } from './link.js'
import type { Annotations } from './provenance.js'

export const INDEX = 'application/vnd.oci.image.index.v1+json'

/** A manifest that names another one as its subject. */
export interface Referrer {
  readonly digest: Digest
  /** Absent where the list does not tell it. */
  readonly artifactType: string | undefined
  readonly annotations: Annotations
}

export interface ReferrersOptions extends Reading {
  readonly digest: Digest
  /** Asks for one page of the list; the query of the first is empty. */
  readonly page: (query: string) => Promise<Answer>
}

export interface Wanted {
  readonly isWanted: (referrer: Referrer) => boolean
  /** How many are enough. */
  readonly most: number
  /** Throws where another page would take too long. */
  readonly checkTime: () => void
}

const MOST_PAGES = 20

/**
 * Lists the manifests that refer to one, without those that nobody wants: a page may have thousands. They are had by the referrers API of the OCI distribution specification 1.1, or where the registry has
 * none, from the index under the tag that stands in for it (section "Referrers Tag Schema").
 */
export async function listReferrers(
  { action, now, page, read, digest }: ReferrersOptions,
  { isWanted, most, checkTime }: Wanted,
): Promise<readonly Digest[]> {
  const found = new Set<Digest>()
  const collect = (answer: Answer) => {
    for (const referrer of referrersIn(answer)) if (found.size < most && isWanted(referrer)) found.add(referrer.digest)
    return [...found]
  }
  const first = await page('')
  if (isLacking(first)) {
    const answer = await read('manifests', fallbackTag(digest))
    if (answer.status === 404) return []
    if (answer.status !== 200) throw answerError(action, 'registry', answer, now())
    return collect(answer)
  }
  const queries = new Set<string>()
  for (let answer = first; ; ) {
    if (answer.status !== 200) throw answerError(action, 'registry', answer, now())
    const digests = collect(answer)
    const next = nextQuery([answer.headers.link ?? ''].flat().join(', '))
    const isLast = next === undefined || queries.has(next) || queries.size === MOST_PAGES
    if (isLast || digests.length === most) return digests
    queries.add(next)
    checkTime()
    answer = await page(next)
  }
}

/**
 * Whether a registry does not know the API. The specification says 404; others refuse the address as malformed or forbidden,
 * or lead to a page for people. Where it was the credentials that were refused, the tag's answer will say so.
 */
function isLacking(answer: Answer): boolean {
  const { status } = answer
  if (status === 200) return mediaTypeOf(answer) !== INDEX
  return status === 501 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
}

/** The digest with its algorithm cut to 32 characters and the rest to 64. */
function fallbackTag(digest: Digest): string {
  const [algorithm = '', encoded = ''] = digest.split(':', 2)
  return `${algorithm}-${encoded.slice(0, 64)}`
}

/** What an index lists. What is none lists nothing: people can give an image that tag, too. */
function referrersIn({ body }: Answer): readonly Referrer[] {
  const { manifests } = Object(tryParseJson(body))
  return Array.isArray(manifests) ? manifests.flatMap(referrerOf) : []
}

function referrerOf(entry: unknown): readonly Referrer[] {
  const { digest, artifactType, annotations } = Object(entry)
  if (typeof digest !== 'string' || !isDigest(digest)) return []
  return [
    {
      digest,
      artifactType: typeof artifactType === 'string' ? artifactType : undefined,
      annotations: Object(annotations),
    },
  ]
}

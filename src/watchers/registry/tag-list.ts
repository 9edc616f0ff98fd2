import type { Tag } from '../../image/tag.js'
import type { Clock } from '../../lifecycle/clock.js'
import type { Bounds } from './bounds.js'
import { RegistryError } from './errors.js'
import { answerError, formError } from './failure.js'
import type { Answer } from './http.js'
import { nextQuery } from './link.js'
import { bytesOf, hasBytes, listingOf, tryParseTagPage } from './listing.js'
import type { Fingerprint, TagListing } from './registry.js'

/** 1,000 is the most that every registry takes: ECR refuses more, Distribution by default too. Others give what they like. */
const FIRST_QUERY = 'n=1000'

export interface TagListOptions {
  /** Asks for one page of the list. */
  readonly page: (query: string) => Promise<Answer>
  /** Start of every error's message. */
  readonly action: string
  readonly known: Fingerprint | undefined
  readonly clock: Clock
  readonly bounds: Bounds
}

/**
 * Reads a list of tags to its last page: one without a next page, one that brings nothing new, or one that leads to a page
 * that was read before. A list of one page that came before in the same bytes is not even parsed.
 */
export async function readTagList({ page, action, known, clock, bounds }: TagListOptions): Promise<TagListing> {
  const endsAt = clock.now() + bounds.listMs
  const tags = new Set<Tag>()
  const queries = new Set([FIRST_QUERY])
  let bytes = ''

  for (let query = FIRST_QUERY; ; ) {
    const answer = await page(query)
    if (answer.status !== 200) throw pageError(action, answer, queries.size, clock.now())
    const next = nextQuery([answer.headers.link ?? ''].flat().join(', '))
    if (queries.size === 1 && next === undefined) {
      bytes = bytesOf(answer.body)
      if (known !== undefined && hasBytes(known, bytes)) return { changed: false, fingerprint: known }
    }

    const before = tags.size
    const found = tryParseTagPage(answer.body)
    if (found === undefined) throw formError(action, 'a list of tags', answer)
    for (const tag of found) tags.add(tag)
    if (next === undefined || tags.size === before || queries.has(next)) return listingOf(tags, bytes, known)

    query = next
    queries.add(next)
    if (tags.size > bounds.tags) throw new RegistryError('TOO_LARGE', `${action}: more than ${bounds.tags} tags`)
    if (queries.size > bounds.pages) throw new RegistryError('TOO_LARGE', `${action}: more than ${bounds.pages} pages`)
    if (clock.now() > endsAt) throw slow(action, bounds.listMs)
  }
}

/** Zot answers 404 for a page that starts after a tag which has just been deleted: the list is there, and to be read again. */
function pageError(action: string, answer: Answer, page: number, now: number): RegistryError {
  if (answer.status !== 404 || page === 1) return answerError(action, 'registry', answer, now)
  return new RegistryError('UNAVAILABLE', `${action}: page ${page} is gone`, { retryable: true })
}

function slow(action: string, listMs: number): RegistryError {
  return new RegistryError('UNREACHABLE', `${action}: not complete within ${listMs} ms`, { retryable: true })
}

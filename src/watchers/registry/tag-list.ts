import type { Tag } from '../../image/tag.js'
import type { Clock } from '../../lifecycle/clock.js'
import { isPausing } from '../../lifecycle/pause.js'
import type { Bounds } from './bounds.js'
import { RegistryError } from './errors.js'
import { answerError, formError } from './failure.js'
import type { Answer } from './http.js'
import { nextQuery } from './link.js'
import { bytesOf, formOf, hasBytes, listingOf, type Newest, newestIn, tryParseTagPage } from './listing.js'
import { type NewestTags, textOf } from './newest.js'
import { smallerPageSize } from './page-size.js'
import type { Fingerprint, TagListing } from './registry.js'

export interface TagListOptions {
  /** Asks for one page of the list. */
  readonly page: (query: string) => Promise<Answer>
  /** Asks for the newest tags, where that is possible without reading the list. */
  readonly newest?: (() => Promise<NewestTags | undefined>) | undefined
  /** How many tags to ask for per page, kept up to date for the next call. */
  readonly pageSize: { current: number }
  /** Start of every error's message. */
  readonly action: string
  readonly known: Fingerprint | undefined
  readonly clock: Clock
  readonly bounds: Bounds
}

/** However well other APIs are known, the registry has the last word this often. */
const WHOLE_EVERY_MS = 3_600_000

/**
 * Reads a list of tags, or finds that it is as known: a list of several pages by its newest tags, where another API tells
 * them, and one of a single page by its bytes, which are not even parsed.
 */
export async function readTagList(options: TagListOptions): Promise<TagListing> {
  const { known, newest, clock } = options
  const before = known === undefined ? undefined : newestIn(known)
  const isRecent = before !== undefined && isPausing(before.listedAt + WHOLE_EVERY_MS, clock.now(), WHOLE_EVERY_MS)
  if (before === undefined || newest === undefined || (isRecent && before.text === 'none')) {
    return readWhole(options, before === undefined || !isRecent ? { listedAt: clock.now(), text: '' } : before)
  }
  // Asked before the list, so that what is pushed in between is found next time.
  const tags = await newest()
  const text = tags === undefined ? 'none' : textOf(tags)
  if (known !== undefined && isRecent && text === before.text) return { changed: false, fingerprint: known }
  return readWhole(options, { listedAt: clock.now(), text }, tags?.tags)
}

/** `newest` are tags that another API has: where the list lacks one of them, it is behind, and that API tells nothing of it. */
async function readWhole(options: TagListOptions, state: Newest, newest: readonly Tag[] = []): Promise<TagListing> {
  const { known } = options
  const endsAt = options.clock.now() + options.bounds.listMs
  const first = await readPages(options, endsAt)
  const list = first === 'gone' ? await readPages(options, endsAt) : first
  if (list === 'gone') {
    throw new RegistryError('UNAVAILABLE', `${options.action}: a page is gone`, { retryable: true })
  }
  if (list === 'known') return { changed: false, fingerprint: known ?? '' }
  const isBehind = newest.some((tag) => !list.tags.has(tag))
  return listingOf(list.tags, list.bytes ?? formOf(isBehind ? { ...state, text: '' } : state), known)
}

interface List {
  readonly tags: ReadonlySet<Tag>
  /** The hash of the only page's body, where there was only one. */
  readonly bytes?: string
}

/**
 * Reads to the last page: one without a next page, one that brings nothing new, or one that leads to a page that was read
 * before. `gone`: Zot answers 404 for a page that starts after a tag which has just been deleted.
 */
async function readPages(options: TagListOptions, endsAt: number): Promise<List | 'known' | 'gone'> {
  const { page, action, known, clock, bounds } = options
  const tags = new Set<Tag>()
  const { query: firstQuery, answer: firstAnswer } = await readFirst(options)
  const queries = new Set([firstQuery])

  for (let answer = firstAnswer; ; ) {
    if (answer.status === 404 && queries.size > 1) return 'gone'
    if (answer.status !== 200) throw answerError(action, 'registry', answer, clock.now())
    const next = nextQuery([answer.headers.link ?? ''].flat().join(', '))
    const bytes = queries.size === 1 && next === undefined ? bytesOf(answer.body) : undefined
    if (bytes !== undefined && known !== undefined && hasBytes(known, bytes)) return 'known'

    const before = tags.size
    const found = tryParseTagPage(answer.body)
    if (found === undefined) throw formError(action, 'a list of tags', answer)
    for (const tag of found) tags.add(tag)
    if (bytes !== undefined) return { tags, bytes }
    if (next === undefined || tags.size === before || queries.has(next)) return { tags }

    queries.add(next)
    if (tags.size > bounds.tags) throw new RegistryError('TOO_LARGE', `${action}: more than ${bounds.tags} tags`)
    if (queries.size > bounds.pages) throw new RegistryError('TOO_LARGE', `${action}: more than ${bounds.pages} pages`)
    if (clock.now() > endsAt) throw slow(action, bounds.listMs)
    answer = await page(next)
  }
}

/** The first page, asked for again with fewer tags where the registry refuses so many. */
async function readFirst({ page, pageSize }: TagListOptions): Promise<{ query: string; answer: Answer }> {
  for (let size = pageSize.current; ; ) {
    const query = `n=${size}`
    const answer = await page(query)
    if (answer.status === 200) pageSize.current = size
    const smaller = smallerPageSize(size, answer)
    if (smaller === undefined) return { query, answer }
    size = smaller
  }
}

function slow(action: string, listMs: number): RegistryError {
  return new RegistryError('UNREACHABLE', `${action}: not complete within ${listMs} ms`, { retryable: true })
}

import type { Tag } from '../../image/tag.js'
import type { Clock } from '../../lifecycle/clock.js'
import { isPausing } from '../../lifecycle/pause.js'
import type { Bounds } from './bounds.js'
import { RegistryError } from './errors.js'
import { factsAbout } from './facts.js'
import { answerError, formError } from './failure.js'
import type { Answer } from './http.js'
import { nextQuery } from './link.js'
import { bytesOf, formOf, hasBytes, listingOf, type Marks, marksIn, type TagPage, tryParseTagPage } from './listing.js'
import { smallerPageSize } from './page-size.js'
import type { Fingerprint, ListedFacts, TagListing } from './registry.js'
import type { Said, Shortcut } from './shortcut.js'

export interface TagListOptions {
  /** Asks for one page of the list. */
  readonly page: (query: string) => Promise<Answer>
  /** Where another API may be asked before the list is read. */
  readonly shortcut?: Shortcut | undefined
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
 * Reads a list of tags, or finds that it is as known: by what its shortcut says where it has one, and else by the bytes of a
 * single page, which are not even parsed.
 */
export async function readTagList(options: TagListOptions): Promise<TagListing> {
  const { known, shortcut, clock } = options
  const before = known === undefined ? undefined : marksIn(known)
  const isRecent = before !== undefined && isPausing(before.listedAt + WHOLE_EVERY_MS, clock.now(), WHOLE_EVERY_MS)
  if (before === undefined || shortcut === undefined || (isRecent && before.text === 'none')) {
    return readWhole(options, before === undefined || !isRecent ? { listedAt: clock.now(), text: '' } : before)
  }
  // Asked before the list, so that what is pushed in between is found next time.
  const said = await shortcut.ask(before.text)
  const text = said?.text ?? 'none'
  if (known !== undefined && isRecent && said !== undefined && text === before.text) {
    return { changed: false, fingerprint: known }
  }
  return readWhole(options, { listedAt: clock.now(), text }, said)
}

async function readWhole(options: TagListOptions, marks: Marks, said?: Said): Promise<TagListing> {
  const { known, action, clock, bounds } = options
  const endsAt = clock.now() + bounds.listMs
  const first = await readPages(options, endsAt)
  const list = first === 'gone' ? await readPages(options, endsAt) : first
  if (list === 'gone') throw new RegistryError('UNAVAILABLE', `${action}: a page is gone`, { retryable: true })
  if (list === 'known') return { changed: false, fingerprint: known ?? '' }

  const { tags, bytes } = list
  const facts = factsAbout(tags, said?.facts ?? new Map(), list.facts)
  const form = (same: boolean) => bytes ?? formOf({ ...marks, text: said ? textAfter(said, tags, same) : marks.text })
  return listingOf({ tags, facts, known, form })
}

/**
 * What is remembered of a shortcut that said this before these tags were read. One that lacks the newest tag, or that the list
 * lacks a tag of, is asked again next time, or after an hour where it claims to know them all: they may never agree.
 */
function textAfter({ text, tags: told, complete }: Said, tags: ReadonlySet<Tag>, same: boolean): string {
  const agrees =
    told === undefined ? same : (!complete || told.size === tags.size) && [...told].every((tag) => tags.has(tag))
  if (agrees) return text
  return complete ? 'none' : ''
}

interface List extends Omit<TagPage, 'tags'> {
  readonly tags: ReadonlySet<Tag>
  /** The hash of the only page's body, where there was only one. */
  readonly bytes?: string
}

/**
 * Reads to the last page: one without a next page, one that brings nothing new, or one that leads to a page that was read
 * before. `gone`: Zot answers 404 for a page that starts after a tag which has just been deleted.
 */
async function readPages(options: TagListOptions, endsAt: number): Promise<List | 'known' | 'gone'> {
  const { page, action, known, shortcut, clock, bounds } = options
  const tags = new Set<Tag>()
  const facts = new Map<Tag, ListedFacts>()
  const { query: firstQuery, answer: firstAnswer } = await readFirst(options)
  const queries = new Set([firstQuery])

  for (let answer = firstAnswer; ; ) {
    if (answer.status === 404 && queries.size > 1) return 'gone'
    if (answer.status !== 200) throw answerError(action, 'registry', answer, clock.now())
    const next = nextQuery([answer.headers.link ?? ''].flat().join(', '))
    const isAlone = queries.size === 1 && next === undefined
    const bytes = isAlone && !shortcut?.short ? bytesOf(answer.body) : undefined
    if (bytes !== undefined && known !== undefined && hasBytes(known, bytes)) return 'known'

    const before = tags.size
    const found = tryParseTagPage(answer.body)
    if (found === undefined) throw formError(action, 'a list of tags', answer)
    for (const tag of found.tags) tags.add(tag)
    for (const [tag, said] of found.facts) if (tags.has(tag)) facts.set(tag, said) // no more than there may be tags
    if (bytes !== undefined) return { tags, facts, bytes }
    if (next === undefined || tags.size === before || queries.has(next)) return { tags, facts }

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

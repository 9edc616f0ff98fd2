import { hash } from 'node:crypto'
import type { Repository } from '../../image/repository.js'
import { isTag, type Tag } from '../../image/tag.js'
import { RegistryError } from './errors.js'
import { factsOf, type SaidOfTag } from './facts.js'
import type { Http } from './http.js'
import { tryParseJson } from './json.js'
import { timeOf } from './provenance.js'
import type { ListedFacts } from './registry.js'
import type { Shortcut } from './shortcut.js'

/** An API beside the registry's own that lists the newest tags first. It is asked without credentials. */
export interface NewestApi {
  url(repository: Repository): URL
  /** Undefined where the body is not what the API is known to answer. */
  tryParse(document: object): NewestTags | undefined
}

/** What changes whenever a tag was added: a pushed tag is always among the newest ones. */
export interface NewestTags {
  /** The hundred pushed last, and what the API says of them. */
  readonly tags: ReadonlyMap<Tag, ListedFacts>
  /** How many there are in all, where the API says so: it tells that one was deleted. */
  readonly count?: number
}

/** By registry. */
export type NewestApis = Readonly<Record<string, NewestApi>>

export const NEWEST_APIS: NewestApis = { 'docker.io': dockerHubApi(), 'quay.io': quayApi() }

/** Docker's documentation, "Docker Hub API", list repository tags. */
export function dockerHubApi(origin = 'https://hub.docker.com'): NewestApi {
  return {
    url: ({ path }) => new URL(`${origin}/v2/repositories/${path}/tags?page_size=100&ordering=last_updated`),
    tryParse(document) {
      const { count, results } = Object(document)
      const tags = tagsIn(results, ({ digest, tag_last_pushed: pushed }) => ({ digest, pushedAt: timeOf(pushed) }))
      return tags === undefined || !Number.isSafeInteger(count) ? undefined : { tags, count }
    },
  }
}

/** Quay's endpoints/api/tag.py: newest first, deleted ones left out. */
export function quayApi(origin = 'https://quay.io'): NewestApi {
  return {
    url: ({ path }) => new URL(`${origin}/api/v1/repository/${path}/tag/?limit=100&page=1&onlyActiveTags=true`),
    tryParse(document) {
      const tags = tagsIn(Object(document).tags, ({ manifest_digest: digest, start_ts: start }) => ({
        digest,
        pushedAt: Number.isSafeInteger(start) ? Number(start) * 1_000 : undefined,
      }))
      return tags === undefined ? undefined : { tags }
    },
  }
}

export interface AskNewestOptions {
  readonly http: Http
  readonly api: NewestApi
  readonly repository: Repository
  readonly action: string
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** Asks for the newest tags, of lists that are longer than one page. */
export function newestShortcut({ http, api, repository, ...rest }: AskNewestOptions): Shortcut {
  return {
    short: false,
    async ask() {
      try {
        const request = {
          ...rest,
          registry: repository.registry,
          operation: 'tags',
          method: 'GET',
          mayLeave: false,
        } as const
        const answer = await http.send({ ...request, url: api.url(repository) })
        const document = answer.status === 200 ? tryParseJson(answer.body) : undefined
        const newest = typeof document === 'object' && document !== null ? api.tryParse(document) : undefined
        if (newest === undefined) return undefined
        return { text: textOf(newest), tags: new Set(newest.tags.keys()), complete: false, facts: newest.tags }
      } catch (error) {
        if (error instanceof RegistryError) return undefined
        throw error
      }
    },
  }
}

/** The newest tags as a short text, equal where they are equal: their order may change without a new one. */
function textOf({ tags, count }: NewestTags): string {
  return hash('sha256', [count ?? '', ...[...tags.keys()].sort()].join('\n'), 'base64url')
}

type Entry = Readonly<Record<string, unknown>>

/** Undefined where there is none, or one is not a tag. */
function tagsIn(entries: unknown, said: (entry: Entry) => SaidOfTag): NewestTags['tags'] | undefined {
  if (!Array.isArray(entries) || entries.length === 0) return undefined
  const tags = new Map<Tag, ListedFacts>()
  for (const entry of entries.map(Object)) {
    if (typeof entry.name !== 'string' || !isTag(entry.name)) return undefined
    tags.set(entry.name, factsOf(said(entry)))
  }
  return tags
}

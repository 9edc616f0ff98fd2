import { isDigest } from '../../image/digest.js'
import { isTag, type Tag } from '../../image/tag.js'
import { factsOf } from './facts.js'
import type { Answer } from './http.js'
import { tryParseJson } from './json.js'
import { nextQuery } from './link.js'
import { timeOf } from './provenance.js'
import type { ListedFacts } from './registry.js'
import type { Said } from './shortcut.js'

/** Most per page. A package with so many versions, untagged ones among them, has another page. */
export const PAGE_SIZE = 100

/** What the first page of a package's versions says of its tags. Undefined where it is not the whole list, or has no ETag. */
export function tryParseVersions({ body, headers }: Answer): Said | undefined {
  const versions = tryParseJson(body)
  const text = textOf(headers.etag)
  const isWhole = nextQuery([headers.link ?? ''].flat().join(', ')) === undefined
  if (text === undefined || !isWhole || !Array.isArray(versions) || versions.length >= PAGE_SIZE) return undefined

  const facts = new Map<Tag, ListedFacts>()
  for (const version of versions) {
    const { name, created_at: created, metadata } = Object(version)
    const { tags } = Object(Object(metadata).container)
    if (typeof name !== 'string' || !isDigest(name) || !Array.isArray(tags)) return undefined
    const said = factsOf({ digest: name, pushedAt: timeOf(created) })
    for (const tag of tags) {
      if (typeof tag !== 'string' || !isTag(tag) || facts.has(tag)) return undefined
      facts.set(tag, said)
    }
  }
  return { text, tags: new Set(facts.keys()), complete: true, facts }
}

/** RFC 9110, section 8.8.3, of a length that can be remembered. */
const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{1,128}"$/

function textOf(etag: string | undefined): string | undefined {
  return etag !== undefined && ETAG.test(etag) ? Buffer.from(etag).toString('base64url') : undefined
}

/** The ETag that a text of `tryParseVersions` stands for; undefined where it is another text. */
export function etagIn(text: string): string | undefined {
  const etag = Buffer.from(text, 'base64url').toString()
  return ETAG.test(etag) ? etag : undefined
}

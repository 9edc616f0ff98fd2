import { isDigest } from '../../image/digest.js'
import { isTag, type Tag } from '../../image/tag.js'
import type { ListedFacts } from './registry.js'

/** The last moment that a `Date` can hold. */
const LAST_MS = 8.64e15

/** `ListedFacts` as an answer has them, which may be anything. */
export interface SaidOfTag {
  readonly digest?: unknown
  readonly pushedAt?: unknown
  readonly createdAt?: unknown
}

/** What was said of a tag, without what cannot be true. Times are in milliseconds since the Unix epoch. */
export function factsOf({ digest, pushedAt, createdAt }: SaidOfTag): ListedFacts {
  return {
    ...(typeof digest === 'string' && isDigest(digest) && { digest }),
    ...(isTime(pushedAt) && { pushedAt }),
    ...(isTime(createdAt) && { createdAt }),
  }
}

/**
 * What Google's registries say beside the list: by digest, its tags and times as decimal text (go-containerregistry,
 * pkg/v1/google/list.go). Everybody else's list has no `manifest`.
 */
export function googleFacts(manifests: unknown): ReadonlyMap<Tag, ListedFacts> {
  const facts = new Map<Tag, ListedFacts>()
  if (typeof manifests !== 'object' || manifests === null) return facts
  for (const [digest, details] of Object.entries(manifests)) {
    const { tag: tags, timeUploadedMs, timeCreatedMs } = Object(details)
    if (!Array.isArray(tags)) continue
    const said = factsOf({ digest, pushedAt: decimalOf(timeUploadedMs), createdAt: decimalOf(timeCreatedMs) })
    for (const tag of tags) if (typeof tag === 'string' && isTag(tag)) facts.set(tag, said)
  }
  return facts
}

/** The facts of some tags: those of `later` where both know one, and only where there are any. */
export function factsAbout(
  tags: ReadonlySet<Tag>,
  earlier: ReadonlyMap<Tag, ListedFacts>,
  later: ReadonlyMap<Tag, ListedFacts>,
): ReadonlyMap<Tag, ListedFacts> {
  const known = [...earlier, ...later].filter(([tag, facts]) => tags.has(tag) && Object.keys(facts).length > 0)
  return new Map(known)
}

/** No image is from the start of Unix time: such a time stands for none. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value <= LAST_MS
}

function decimalOf(text: unknown): number | undefined {
  return typeof text === 'string' && /^[0-9]{1,16}$/.test(text) ? Number(text) : undefined
}

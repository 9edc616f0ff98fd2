import type { Provenance } from '../../image/description.js'

/** Texts by key, as annotations and labels are. Values come from an image's author and may be anything. */
export type Annotations = Readonly<Record<string, unknown>>

/** Keys of the OCI image specification (annotations.md) and of the Label Schema that came before it, which yields. */
const CREATED = ['org.opencontainers.image.created', 'org.label-schema.build-date']
const REVISION = ['org.opencontainers.image.revision', 'org.label-schema.vcs-ref']
const SOURCE = ['org.opencontainers.image.source', 'org.label-schema.vcs-url']

const RFC_3339 =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/
const REVISION_TEXT = /^[0-9A-Za-z][0-9A-Za-z._/+-]{0,127}$/
const LONGEST_URL = 1_024
const DAY_MS = 86_400_000

/** What annotations say of where an image comes from. */
export function annotatedProvenance(annotations: Annotations): Provenance {
  const createdAt = firstOf(annotations, CREATED, timeOf)
  const revision = firstOf(annotations, REVISION, revisionOf)
  const source = firstOf(annotations, SOURCE, sourceOf)
  return {
    ...(createdAt !== undefined && { createdAt }),
    ...(revision !== undefined && { revision }),
    ...(source !== undefined && { source }),
  }
}

/**
 * What an image's configuration says, by its labels and its `created`. The later time counts: labels are inherited from the
 * image that it was built on, and builds that can be repeated set `created` to the start of time. Labels that are more than
 * a day older than the image are inherited, and name the source of another image.
 */
export function configuredProvenance(labels: Annotations, created: unknown): Provenance {
  const labelled = annotatedProvenance(labels)
  const builtAt = timeOf(created)
  if (builtAt === undefined) return labelled
  if (labelled.createdAt === undefined) return { ...labelled, createdAt: builtAt }
  if (labelled.createdAt < builtAt - DAY_MS) return { createdAt: builtAt }
  return { ...labelled, createdAt: Math.max(labelled.createdAt, builtAt) }
}

function firstOf<T>(texts: Annotations, keys: readonly string[], read: (value: unknown) => T | undefined) {
  for (const key of keys) {
    const value = Object.hasOwn(texts, key) ? read(texts[key]) : undefined
    if (value !== undefined) return value
  }
  return undefined
}

/** No image was built at the start of Unix time or of the calendar: such a time stands for none. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !RFC_3339.test(value)) return undefined
  const time = Date.parse(value)
  return time > 0 ? time : undefined
}

function revisionOf(value: unknown): string | undefined {
  return typeof value === 'string' && REVISION_TEXT.test(value) ? value : undefined
}

function sourceOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_URL || !URL.canParse(value)) return undefined
  const { protocol, username, password, href } = new URL(value)
  return /^https?:$/.test(protocol) && username === '' && password === '' ? href : undefined
}

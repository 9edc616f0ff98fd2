import { createHash } from 'node:crypto'
import type { ImageDescription } from '../../src/image/description.js'
import type { Digest } from '../../src/image/digest.js'
import { type Repository, repositoryKey } from '../../src/image/repository.js'
import type { Tag } from '../../src/image/tag.js'
import { RegistryError } from '../../src/watchers/registry/errors.js'
import type { ListedFacts, Registry } from '../../src/watchers/registry/registry.js'

/** A registry whose repositories a test sets, to drive what is above the port; the client itself is tested on real ones. */
export interface ScriptedRegistry extends Registry {
  /** Tags by canonical repository, or the error that a listing throws. */
  readonly repositories: Map<string, readonly string[] | Error>
  /** What is behind references such as `ghcr.io/org/app:1.0.0`, where it matters. */
  readonly images: Map<string, ScriptedImage>
  /** What lists tell besides, by tag. */
  readonly facts: Map<Tag, ListedFacts>
  /** Tags that are listed and have no manifest. */
  readonly dangling: Set<string>
  /** What was asked, in order: `tags docker.io/library/alpine`, `digest ghcr.io/org/app:1.0.0`, `image ghcr.io/org/app:1.0.0`. */
  readonly asked: string[]
}

export interface ScriptedImage extends Partial<ImageDescription> {
  /** Another content is another digest. */
  readonly content?: string
}

export function scriptedRegistry(
  repositories: Readonly<Record<string, readonly string[] | Error>> = {},
): ScriptedRegistry {
  const references = new Map<Digest, string>()
  const registry: ScriptedRegistry = {
    repositories: new Map(Object.entries(repositories)),
    images: new Map(),
    facts: new Map(),
    dangling: new Set(),
    asked: [],
    async listTags(repository: Repository, { known }) {
      const key = repositoryKey(repository)
      registry.asked.push(`tags ${key}`)
      const tags =
        registry.repositories.get(key) ?? new RegistryError('NOT_FOUND', `Cannot list tags of "${key}": unknown`)
      if (tags instanceof Error) throw tags
      const sorted = [...tags].sort()
      const fingerprint = digestOf(sorted.join('\n'))
      return known === fingerprint
        ? { changed: false, fingerprint }
        : { changed: true, fingerprint, tags: sorted, facts: registry.facts }
    },
    async resolveDigest(repository, tag) {
      const reference = `${repositoryKey(repository)}:${tag}`
      registry.asked.push(`digest ${reference}`)
      if (registry.dangling.has(reference)) return undefined
      const digest = digestOf(`${reference}${registry.images.get(reference)?.content ?? ''}`)
      references.set(digest, reference)
      return digest
    },
    async describeManifest(_, digest) {
      const reference = references.get(digest) ?? digest
      registry.asked.push(`image ${reference}`)
      const { content: _content, platforms = [], ...description } = registry.images.get(reference) ?? {}
      return { platforms, ...description }
    },
    async readSignatures() {
      return []
    },
    async stop() {},
  }
  return registry
}

/** The digest that a scripted registry gives for a reference, with the content that was set behind it. */
export function digestOf(reference: string): string {
  return `sha256:${createHash('sha256').update(reference).digest('hex')}`
}

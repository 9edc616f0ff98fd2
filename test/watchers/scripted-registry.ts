import { createHash } from 'node:crypto'
import { type Repository, repositoryKey } from '../../src/image/repository.js'
import { RegistryError } from '../../src/watchers/registry/errors.js'
import type { Registry } from '../../src/watchers/registry/registry.js'

/** A registry whose repositories a test sets, to drive what is above the port; the client itself is tested on real ones. */
export interface ScriptedRegistry extends Registry {
  /** Tags by canonical repository, or the error that a listing throws. */
  readonly repositories: Map<string, readonly string[] | Error>
  /** Tags that are listed and have no manifest. */
  readonly dangling: Set<string>
  /** What was asked, in order: `tags docker.io/library/alpine`, `digest ghcr.io/org/app:1.0.0`. */
  readonly asked: string[]
}

export function scriptedRegistry(
  repositories: Readonly<Record<string, readonly string[] | Error>> = {},
): ScriptedRegistry {
  const registry: ScriptedRegistry = {
    repositories: new Map(Object.entries(repositories)),
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
      return known === fingerprint ? { changed: false, fingerprint } : { changed: true, fingerprint, tags: sorted }
    },
    async resolveDigest(repository, tag) {
      const reference = `${repositoryKey(repository)}:${tag}`
      registry.asked.push(`digest ${reference}`)
      return registry.dangling.has(reference) ? undefined : digestOf(reference)
    },
    async describeManifest() {
      return undefined
    },
    async readSignatures() {
      return []
    },
    async stop() {},
  }
  return registry
}

/** The digest that a scripted registry gives for a reference. */
export function digestOf(reference: string): string {
  return `sha256:${createHash('sha256').update(reference).digest('hex')}`
}

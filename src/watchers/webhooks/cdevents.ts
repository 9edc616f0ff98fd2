import { z } from 'zod'
import { tryParseReference } from '../../image/reference.js'
import { isTag } from '../../image/tag.js'
import { tryParsePackageUrl } from './package-url.js'
import type { PushedImage } from './sender.js'

/**
 * Whether a type of CDEvents, any version of it, tells of an image that may be new in a registry. One that is packaged may not
 * be there yet; a look then finds nothing.
 */
export function isArtifactEvent(type: string): boolean {
  return ARTIFACT_EVENTS.some((event) => type === event || type.startsWith(`${event}.`))
}

const ARTIFACT_EVENTS = ['dev.cdevents.artifact.published', 'dev.cdevents.artifact.packaged']

/**
 * The image that the subject of such an event is; nothing where it is of another kind, or of no registry.
 * Source: cdevents.dev, "Continuous Integration Events"; the package URL types `oci` and `docker`.
 */
export function artifactOf(data: unknown): readonly PushedImage[] {
  const { data: event } = artifactEvent.safeParse(data)
  const url = event && tryParsePackageUrl(event.subject.id)
  if (url === undefined) return []
  const address = url.type === 'oci' ? addressOfOci(url) : url.type === 'docker' ? addressOfDocker(url) : undefined
  const repository = tryParseReference(address ?? '')?.repository
  if (repository === undefined) return []
  // Of type `docker` the version may be the tag; otherwise it is a digest.
  const tag = [url.qualifiers.get('tag'), url.version].find((text) => text !== undefined && isTag(text))
  return [{ repository, ...(tag !== undefined && { tag }) }]
}

const artifactEvent = z.object({ subject: z.object({ id: z.string() }) })

interface Address {
  /** With the namespace before it. */
  readonly name: string
  readonly qualifiers: ReadonlyMap<string, string>
}

// `repository_url` has the name as its end, but not everywhere.
function addressOfOci({ name, qualifiers }: Address): string | undefined {
  const address = qualifiers.get('repository_url')?.replace(/^https?:\/\//, '')
  return address === undefined || address.endsWith(`/${name}`) ? address : `${address}/${name}`
}

function addressOfDocker({ name, qualifiers }: Address): string {
  return `${qualifiers.get('repository_url') ?? 'docker.io'}/${name}`
}

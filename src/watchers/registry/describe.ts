import type { ImageDescription, Provenance } from '../../image/description.js'
import type { Digest } from '../../image/digest.js'
import { formatPlatform, type Platform } from '../../image/platform.js'
import { type Reading, readContent } from './content.js'
import { type Child, type ImageDocument, type IndexDocument, tryParseConfig, tryParseManifest } from './document.js'
import { formError, mediaTypeOf } from './failure.js'
import { annotatedProvenance, configuredProvenance } from './provenance.js'

export interface DescribeOptions extends Reading {
  readonly digest: Digest
}

/** An index, the image that speaks for it, and room for an index within it. Docker Hub counts every one as a pull. */
const MOST_MANIFESTS = 4

const MOST_REMEMBERED = 1_000

/** Describes each digest once, as long as it is among the thousand described last: what it stands for never changes. */
export function describer(): (options: DescribeOptions) => Promise<ImageDescription | undefined> {
  const known = new Map<Digest, ImageDescription>()

  return async (options) => {
    const { digest } = options
    const description = known.get(digest) ?? (await readDescription(options))
    if (description === undefined) return undefined
    known.delete(digest)
    const [oldest] = known.keys()
    if (oldest !== undefined && known.size >= MOST_REMEMBERED) known.delete(oldest)
    known.set(digest, description)
    return description
  }
}

/**
 * Reads what an image says of itself, or undefined where there is no such manifest. What the index says of itself is taken
 * first, then what it says of its images; where that is not all, one image speaks for it: that of linux/amd64, or else the
 * first. An index that does not say when it was created is as old as the newest of its images that we know of: none is read
 * for that alone, as each costs a pull.
 */
async function readDescription(options: DescribeOptions): Promise<ImageDescription | undefined> {
  let left = MOST_MANIFESTS

  return describe(options.digest)

  async function describe(digest: Digest): Promise<ImageDescription | undefined> {
    left--
    const answer = await readContent('manifests', digest, options)
    const document = answer && tryParseManifest(answer.body, mediaTypeOf(answer))
    if (answer !== undefined && document === undefined) throw formError(options.action, 'a manifest', answer)
    return document?.kind === 'index' ? describeIndex(document) : document && describeImage(document, options)
  }

  async function describeIndex({ annotations, children }: IndexDocument): Promise<ImageDescription> {
    const own = annotatedProvenance(annotations)
    const speaker = speakerOf(children)
    let provenance = { ...annotatedProvenance(speaker?.annotations ?? {}), ...own }
    const platforms = children.flatMap(({ platform }) => platform ?? [])
    const times = children.map((child) => annotatedProvenance(child.annotations).createdAt)
    for (const child of children) {
      const isWanted = child.platform === undefined || (child === speaker && !isComplete(provenance))
      if (!isWanted || left === 0) continue
      const described = await describe(child.digest)
      if (described === undefined) continue
      platforms.push(...described.platforms)
      times.push(described.createdAt)
      if (child === speaker) provenance = { ...provenanceOf(described), ...provenance }
    }
    const createdAt = own.createdAt ?? newestOf(times)
    return { ...provenance, ...(createdAt !== undefined && { createdAt }), platforms: distinct(platforms) }
  }
}

async function describeImage(document: ImageDocument, options: DescribeOptions): Promise<ImageDescription> {
  const annotated = annotatedProvenance(document.annotations)
  const answer = document.config === undefined ? undefined : await readContent('blobs', document.config, options)
  if (answer === undefined) return { ...annotated, platforms: [] }
  const config = tryParseConfig(answer.body)
  if (config === undefined) throw formError(options.action, 'an image configuration', answer)
  const { labels, created, platform } = config
  return { ...configuredProvenance(labels, created), ...annotated, platforms: platform === undefined ? [] : [platform] }
}

function speakerOf(children: readonly Child[]): Child | undefined {
  const isUsual = ({ platform }: Child) => platform !== undefined && formatPlatform(platform) === 'linux/amd64'
  return children.find(isUsual) ?? children.find(({ platform }) => platform !== undefined) ?? children[0]
}

function newestOf(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce((newest, time) => (newest === undefined || (time ?? 0) > newest ? time : newest), undefined)
}

function isComplete({ createdAt, revision, source }: Provenance): boolean {
  return createdAt !== undefined && revision !== undefined && source !== undefined
}

function provenanceOf({ platforms: _, ...provenance }: ImageDescription): Provenance {
  return provenance
}

function distinct(platforms: readonly Platform[]): readonly Platform[] {
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()]
}

import { z } from 'zod'
import { requireToken } from './authenticity.js'
import { checkShape, MAX_EVENTS, parseBody } from './body.js'
import { hostIn, pushedImages } from './pushed-image.js'
import type { PushedImage, Sender } from './sender.js'

export interface HarborOptions {
  /** The "Auth Header" of the webhook, which is sent as `Authorization` as it stands. */
  readonly secret: string
  /** Canonical host under which policies name this registry, instead of the one that it takes for its own. */
  readonly registry?: string | undefined
}

/**
 * The webhooks of Harbor, in its own format or as CloudEvents. Only pushes count. Source: goharbor.io, "Configure Webhook
 * Notifications".
 */
export function harborSender({ secret, registry }: HarborOptions): Sender<PushedImage> {
  return {
    read(delivery) {
      requireToken(delivery, 'authorization', secret)
      const event = parseBody(delivery.body, anyEvent)
      if (!PUSHES.has(event.type)) return []
      const { repository, resources } = checkShape(event, 'specversion' in event ? cloudEvent : ownFormat)
      return resources.flatMap(({ resource_url: url, tag }) =>
        pushedImages(registry ?? hostIn(url), repository.repo_full_name, tag),
      )
    },
  }
}

/** The second is of Harbor 1, the third of the format CloudEvents. */
const PUSHES: ReadonlySet<string> = new Set(['PUSH_ARTIFACT', 'pushImage', 'harbor.artifact.pushed'])

const anyEvent = z.looseObject({ type: z.string('expected a type') }, 'expected an object with "type"')

const pushed = z.object(
  {
    resources: z
      .array(z.object({ tag: z.string().default(''), resource_url: z.string() }), 'expected a list')
      .max(MAX_EVENTS, `expected at most ${MAX_EVENTS} resources`),
    repository: z.object({ repo_full_name: z.string('expected a name') }, 'expected an object with "repo_full_name"'),
  },
  'expected an object with "resources" and "repository"',
)

const ownFormat = z.object({ event_data: pushed }).transform(({ event_data }) => event_data)

const cloudEvent = z.object({ data: pushed }).transform(({ data }) => data)

import type { TestContext } from 'node:test'
import { distributionSender } from '../../src/watchers/webhooks/distribution.js'
import { dockerHubSender } from '../../src/watchers/webhooks/docker-hub.js'
import { genericSender } from '../../src/watchers/webhooks/generic.js'
import { githubSender } from '../../src/watchers/webhooks/github.js'
import type { PushedBranch, PushedImage } from '../../src/watchers/webhooks/sender.js'
import type { Webhook, WebhookEvent, WebOptions } from '../../src/web/options.js'
import { startWeb, type WebServer } from '../../src/web/server.js'
import { SECRET } from '../watchers/webhooks/deliveries.js'

export interface StartedWeb {
  readonly web: WebServer
  readonly hints: readonly PushedImage[]
  readonly branches: readonly PushedBranch[]
  readonly events: readonly WebhookEvent[]
  readonly failures: readonly { path: string; reason: string }[]
  /** Posts to `/webhooks/<name>`. */
  post(name: string, init: RequestInit): Promise<Response>
}

/** Of the webhook `hub`. */
export const PATH_SECRET = 'a-made-up-part-of-the-address'

/** A server on a free port with the webhooks `ci` (generic), `prod` (Distribution), `fleet` (GitHub) and `hub` (Docker Hub), for which all but `unlisted` is configured, and the branch `main`. */
export async function startedWeb(test: TestContext, over: Partial<WebOptions> = {}): Promise<StartedWeb> {
  const hints: PushedImage[] = []
  const branches: PushedBranch[] = []
  const events: WebhookEvent[] = []
  const failures: { path: string; reason: string }[] = []
  const web = await startWeb({
    host: '127.0.0.1',
    port: 0,
    webhooks: new Map([
      ['ci', webhook(genericSender({ secret: SECRET }))],
      ['fleet', webhook(githubSender({ secret: SECRET, git: 'fleet' }))],
      ['prod', webhook(distributionSender({ secret: SECRET, registry: 'registry.example.com' }))],
      ['hub', webhook(dockerHubSender({ secret: PATH_SECRET }))],
    ]),
    async hint(pushed) {
      for (const one of pushed) {
        if ('git' in one) branches.push(one)
        else hints.push(one)
      }
      return pushed.filter((one) => ('git' in one ? one.branch === 'main' : !one.repository.path.endsWith('unlisted')))
        .length
    },
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' }),
    ready: async () => [],
    onWebhook: (event) => events.push(event),
    onFailure: (failure) => failures.push(failure),
    ...over,
  })
  test.after(() => web.stop())
  return {
    web,
    hints,
    branches,
    events,
    failures,
    post: (name, init) => fetch(`${web.url}/webhooks/${name}`, { method: 'POST', ...init }),
  }
}

export function webhook(sender: Webhook['sender'], requestsPerSecond = 10_000): Webhook {
  return { sender, requestsPerSecond }
}

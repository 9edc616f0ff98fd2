import type { TestContext } from 'node:test'
import type { PushedBranch, PushedImage } from '../../src/watchers/webhooks/sender.js'
import { createSender } from '../../src/watchers/webhooks/senders.js'
import type { WebhookEvent, WebOptions } from '../../src/web/options.js'
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

/** A server on a free port with the webhooks `ci` (generic), `prod` (Distribution) and `fleet` (GitHub), for which all but `unlisted` is configured, and the branch `main`. */
export async function startedWeb(test: TestContext, over: Partial<WebOptions> = {}): Promise<StartedWeb> {
  const hints: PushedImage[] = []
  const branches: PushedBranch[] = []
  const events: WebhookEvent[] = []
  const failures: { path: string; reason: string }[] = []
  const web = await startWeb({
    host: '127.0.0.1',
    port: 0,
    webhooks: new Map([
      ['ci', createSender({ sender: 'generic', secret: SECRET })],
      ['fleet', createSender({ sender: 'github', secret: SECRET, git: 'fleet' })],
      ['prod', createSender({ sender: 'distribution', secret: SECRET, registry: 'registry.example.com' })],
    ]),
    async hint(pushed) {
      if ('git' in pushed) {
        branches.push(pushed)
        return pushed.branch === 'main'
      }
      hints.push(pushed)
      return !pushed.repository.path.endsWith('unlisted')
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

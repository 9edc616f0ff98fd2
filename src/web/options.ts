import type { Clock } from '../lifecycle/clock.js'
import type { Status } from '../status/status.js'
import type { AskingSender, Pushed, Sender } from '../watchers/webhooks/sender.js'
import type { Access } from './access.js'
import type { Operations } from './operations.js'

/** What the HTTP server asks of the service. */
export interface WebOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** By the name in the path `/webhooks/<name>`. They may be others at the next request. */
  readonly webhooks: Pick<ReadonlyMap<string, Webhook>, 'get'>
  /** What the limits of webhooks go by. Default: the system's. */
  readonly clock?: Clock
  /**
   * Queues looks at what is configured of this, and resolves to their number once they are safely queued: 0 where nothing of it
   * matters. Throws a retryable error while the queue is away.
   */
  readonly hint: (pushed: readonly Pushed[]) => Promise<number>
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
  /** Reasons why the process is not ready; none when it is. */
  readonly ready: () => Promise<readonly string[]>
  /** What the page and the API show. */
  readonly status?: Status
  /** Who may read it, and who may order what. */
  readonly access?: Access
  readonly operations?: Operations
  readonly onWebhook?: ((event: WebhookEvent) => void) | undefined
  /** How long a sender may take for one request. Default 10 s. */
  readonly requestTimeoutMs?: number
  /** A request outside of webhooks that failed by a defect and was answered with 500. */
  readonly onFailure?: ((event: { readonly path: string; readonly reason: string }) => void) | undefined
}

/** One entry of `webhooks` in the policy file. */
export interface Webhook {
  readonly sender: Sender | AskingSender
  readonly requestsPerSecond: number
}

/** What became of one delivery. */
export interface WebhookEvent {
  /** The configured name. Empty for `unknown`: what a stranger asks for must not become a metric's label. */
  readonly webhook: string
  readonly outcome: WebhookOutcome
  /** How many looks were queued. */
  readonly queued: number
  /** What was pushed, as it was understood, such as `ghcr.io/org/app:1.4.0`; not all of very many. */
  readonly pushed?: readonly string[]
  /** Why it was refused, for a person. */
  readonly reason?: string
}

export type WebhookOutcome =
  | 'accepted'
  | 'ignored' // authentic, and nothing of it matters
  | 'unauthorized'
  | 'limited' // too many requests, or too many without a proof
  | 'invalid'
  | 'too-large'
  | 'unavailable' // not queued: the sender should repeat it
  | 'unknown' // no such webhook

import type { Holds } from '../status/holds.js'
import type { Status } from '../status/status.js'
import type { Pushed, Sender } from '../watchers/webhooks/sender.js'

/** What the HTTP server asks of the service. */
export interface WebOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** By the name in the path `/webhooks/<name>`. */
  readonly webhooks: ReadonlyMap<string, Sender>
  /**
   * Queues a look at what is configured of this. Resolves to true once it is safely queued, to false where none of it is
   * configured. Throws a retryable error while the queue is away.
   */
  readonly hint: (pushed: Pushed) => Promise<boolean>
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
  /** Reasons why the process is not ready; none when it is. */
  readonly ready: () => Promise<readonly string[]>
  /** What the page and the API show. */
  readonly status?: Status
  /** What they let people hold and release. */
  readonly holds?: Holds
  readonly onWebhook?: ((event: WebhookEvent) => void) | undefined
  /** How long a sender may take for one request. Default 10 s. */
  readonly requestTimeoutMs?: number
  /** A request outside of webhooks that failed by a defect and was answered with 500. */
  readonly onFailure?: ((event: { readonly path: string; readonly reason: string }) => void) | undefined
}

/** What became of one delivery. */
export interface WebhookEvent {
  /** The configured name. Empty for `unknown`: what a stranger asks for must not become a metric's label. */
  readonly webhook: string
  readonly outcome: WebhookOutcome
  /** How many looks were queued. */
  readonly queued: number
  /** Why it was refused, for a person. */
  readonly reason?: string
}

export type WebhookOutcome =
  | 'accepted'
  | 'ignored' // authentic, and nothing of it is configured
  | 'unauthorized'
  | 'invalid'
  | 'too-large'
  | 'unavailable' // not queued: the sender should repeat it
  | 'unknown' // no such webhook

import type { PushedImage, Sender } from '../watchers/webhooks/sender.js'

/** What the HTTP server asks of the service. */
export interface WebOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** By the name in the path `/webhooks/<name>`. */
  readonly webhooks: ReadonlyMap<string, Sender>
  /**
   * Queues a poll of a configured repository. Resolves to true once it is safely queued, to false where the repository
   * is not configured. Throws a retryable error while the queue is away.
   */
  readonly hint: (image: PushedImage) => Promise<boolean>
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
  /** Reasons why the process is not ready; none when it is. */
  readonly ready: () => Promise<readonly string[]>
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
  /** How many polls were queued. */
  readonly images: number
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

import type { Notice } from '../jobs/notices.js'
import type { TlsFiles } from '../net/tls.js'

/** Where messages go, which of them, and how many things one of them may be of. */
export type Destination = Wishes &
  (SlackDestination | TeamsDestination | WebhookDestination | EmailDestination | FluxDestination | ArgoDestination)

export interface Wishes {
  /** Distinct, for logs and metrics. */
  readonly name: string
  readonly on: readonly Notice['type'][]
  /** Patterns in which `*` stands for any text. Absent: all. */
  readonly policies?: readonly string[]
  /** Names of Git repositories. Absent: all. */
  readonly git?: readonly string[]
  /** How long is collected before a message is sent. */
  readonly intervalMs: number
}

export interface Endpoint {
  /** A secret, wherever its path is one. */
  readonly url: string
  readonly tls?: TlsFiles
  readonly proxy?: string
}

export interface SlackDestination extends Endpoint {
  readonly to: 'slack'
  /** Liquid. Absent: the usual text. */
  readonly template?: string
}

export interface TeamsDestination extends Endpoint {
  readonly to: 'teams'
  readonly template?: string
}

export interface WebhookDestination extends Endpoint {
  readonly to: 'webhook'
  /** Signs the body. */
  readonly secret?: string
  /** Sent as a bearer token. */
  readonly token?: string
}

export interface EmailDestination {
  readonly to: 'email'
  /** `smtp://` or `smtps://`. */
  readonly url: string
  readonly tls?: TlsFiles
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly from: string
  readonly recipients: readonly string[]
  readonly template?: string
}

export interface FluxDestination extends Endpoint {
  readonly to: 'flux-receiver'
  readonly token?: string
}

export interface ArgoDestination extends Endpoint {
  readonly to: 'argocd'
  readonly secret?: string
  /** As which Git host it is told. */
  readonly as: 'github' | 'gitlab'
}

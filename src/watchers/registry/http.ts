import type { IncomingHttpHeaders } from 'node:http'
import type { Reach } from '../../net/address.js'
import type { Credential } from './credential.js'

export type Operation = 'tags' | 'manifest' | 'config' | 'referrers' | 'signature' | 'token'

/** One exchange, for metrics. */
export interface RequestRecord {
  /** The registry on whose behalf it was, as in `Repository`. */
  readonly registry: string
  readonly operation: Operation
  /** The HTTP status, or the system's error code. */
  readonly code: string
  readonly durationMs: number
}

export interface HttpRequest {
  readonly registry: string
  readonly operation: Operation
  /** Start of every error's message, such as `Cannot list tags of "ghcr.io/org/app"`. */
  readonly action: string
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** Sent to the origin of `url` and to no other. */
  readonly authorization?: string | undefined
  /** What the authorization or the body was made of; absent where it is asked anonymously. */
  readonly credential?: Credential | undefined
  readonly body?: string
  readonly maxBytes: number
  /** How near this host may be, where a registry named it. Absent for the host that the configuration names. */
  readonly reach?: Reach | undefined
  /** Whether redirects may lead to another origin. */
  readonly mayLeave: boolean
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders & { readonly 'retry-after'?: string | undefined }
  /** Inflated. */
  readonly body: Buffer
  /** Where it came from, after redirects. */
  readonly url: URL
  /** The IP address that answered; undefined where only a proxy knows. */
  readonly address: string | undefined
  /** With what it was asked: the other side may repeat it. */
  readonly asked: Asked
}

export type Asked = Pick<HttpRequest, 'method' | 'credential' | 'authorization'>

/** Requests with every bound and refusal that a hostile answer calls for. An answer of any status is an answer. */
export interface Http {
  /** Throws `RegistryError`, or the signal's reason. */
  send(request: HttpRequest): Promise<Answer>
  stop(): void
}

import type { Tag } from '../../image/tag.js'

/**
 * Understands the push events of one kind of sender: a registry, a build, or a Git host.
 *
 * What is read is a hint to look at something that is configured, whoever sent it: nothing of it is contacted or written. One
 * delivery may name a thing twice, and many deliveries may speak of one push.
 */
export interface Sender<What extends Pushed = Pushed> {
  /** Whether its address ends with the secret; absent where it does not. */
  readonly isAddressed?: true
  /**
   * Returns what was pushed; nothing where the event is authentic but none of ours, such as a pull.
   * Authenticity is checked before the body is parsed.
   * Throws `WebhookError` `UNAUTHORIZED` or `INVALID_BODY`.
   */
  read(delivery: Delivery): readonly What[]
}

/** One that has to ask somebody else whether a delivery is authentic. */
export interface AskingSender<What extends Pushed = Pushed> {
  readonly isAddressed?: never
  /** As `Sender.read`. Rejects with a retryable `WebhookError` `UNAVAILABLE` where nobody answers. */
  read(delivery: Delivery): Promise<readonly What[]>
}

/** One HTTP request as it arrived. */
export interface Delivery {
  /** By lower-case name, with values decoded as Latin-1, as `node:http` gives them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The raw bytes: signatures are over these. */
  readonly body: Uint8Array
  /** What follows the name in the path, decoded: the secret of those who can prove nothing otherwise. */
  readonly pathSecret?: string | undefined
}

export type Pushed = PushedImage | PushedBranch

export interface PushedImage {
  readonly repository: PushedRepository
  /** Absent where only a digest was named, or where more tags than this may have been pushed. */
  readonly tag?: Tag
}

export interface PushedRepository {
  /** Canonical host; absent where the sender does not know by which name it is called: then the path alone counts. */
  readonly registry?: string | undefined
  readonly path: string
}

/** A branch that has moved, or is new. */
export interface PushedBranch {
  /** The name of the Git repository in the policy file: what the event calls it is nobody's to believe. */
  readonly git: string
  readonly branch: string
}

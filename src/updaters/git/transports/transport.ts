/**
 * Carries the requests of Git's smart HTTP protocol to one repository, over whatever wire. The requests have the shape of
 * isomorphic-git's http plugin, so that a wire serves that library and our own conversations alike.
 *
 * Throws `GitError` whose message is the state alone, such as `connection refused`: who asked puts the action before it.
 * An HTTP status is not an error here.
 */
export interface Transport {
  /** What people are shown: no user, no password, no query. */
  readonly name: string
  /** What `/info/refs` and `/git-upload-pack` are appended to. */
  readonly base: string
  request(request: TransportRequest): Promise<TransportResponse>
  /** The text without the secrets that this transport sends: a server may repeat them. */
  conceal(text: string): string
}

export interface TransportRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly signal: AbortSignal
}

export interface TransportResponse {
  /** Where the answer came from, after redirects; without credentials. */
  readonly url: string
  /** Whether who answered was shown credentials. */
  readonly authenticated: boolean
  readonly statusCode: number
  readonly statusMessage: string
  readonly headers: Readonly<Record<string, string>>
  /** Bounded in bytes and time. Breaks off with a `GitError`. */
  readonly body: AsyncIterable<Uint8Array>
}

/** More than this is refused while it arrives. A pack is held in memory, where Node allows 2 GiB at most. */
export const MAX_ANSWER_BYTES = 2 * 1024 ** 3 - 1

/** No conversation takes longer: a fetch of a large repository, or a push that waits for slow hooks. */
export const MAX_CONVERSATION_MS = 10 * 60_000

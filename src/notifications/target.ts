import type { Notice } from '../jobs/notices.js'

/** Who is told: one entry of the policy file. */
export interface Target {
  /**
   * Sends one message. Throws `NotificationError`; one that is not `retryable` would be refused again. A message that is sent
   * twice, because nobody knows whether it arrived, has the same `id`.
   */
  send(message: Message, signal: AbortSignal): Promise<void>
}

export interface Message {
  readonly id: string
  /** One at least, in the order in which they happened. */
  readonly notices: readonly Notice[]
}

/** What runs until it is stopped. */
export interface Component {
  /** Takes nothing new and resolves when the work in hand is done. Calling it again returns the same promise's outcome. */
  stop(): Promise<void>
}

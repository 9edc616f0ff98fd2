/**
 * Small facts that processes share, each under a key: what a poll saw and selected, for the update that writes it.
 * Losing them costs a delay and never an update. Reads and writes throw `JobsError` `UNAVAILABLE` when the store is away.
 */
export interface Records<Value> {
  get(key: string): Promise<Value | undefined>
  /** Those of the keys that have a value. */
  getAll(keys: readonly string[]): Promise<ReadonlyMap<string, Value>>
  set(key: string, value: Value): Promise<void>
  setAll(values: ReadonlyMap<string, Value>): Promise<void>
}

/** Records of which there are few, so that all of them can be asked for. */
export interface ListedRecords<Value> extends Records<Value> {
  entries(): Promise<ReadonlyMap<string, Value>>
}

/** Something that is replaced while it is in use: what has begun with the former one ends with it. */
export interface Current<Value> {
  /** Calls `work` with what is current now. */
  use<Result>(work: (value: Value) => Promise<Result>): Promise<Result>
  get(): Value
  /** Everything from now on gets this one. Resolves when nobody uses a former one any more. */
  replace(value: Value): Promise<void>
}

export function current<Value>(first: Value): Current<Value> {
  let value = first
  let inUse = new Set<Promise<unknown>>()
  // Of all former ones, so that one replaced in haste is waited for, too.
  let former = Promise.resolve()

  return {
    async use(work) {
      const users = inUse
      const used = work(value)
      users.add(used)
      try {
        return await used
      } finally {
        users.delete(used)
      }
    },
    get: () => value,
    replace(next) {
      value = next
      const users = inUse
      inUse = new Set()
      former = Promise.all([former, Promise.allSettled(users)]).then(() => {})
      return former
    },
  }
}

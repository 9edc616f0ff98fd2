/**
 * Gives orders of one key one after the other: those that come while one is on its way share the next. None shares the one that is on
 * its way, which may have been taken by a worker already that looked too early for them. A burst so costs few rounds to Redis.
 */
export function shareOrders(give: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const underway = new Map<string, Underway>()

  return (key) => {
    const current = underway.get(key)
    if (current === undefined) return start(key)
    // However the one before ends, this one is given.
    current.next ??= current.given.then(ignore, ignore).then(() => start(key))
    return current.next
  }

  function start(key: string): Promise<void> {
    const order: Underway = { given: give(key), next: undefined }
    underway.set(key, order)
    const settle = () => {
      if (order.next === undefined) underway.delete(key)
    }
    order.given.then(settle, settle)
    return order.given
  }
}

interface Underway {
  readonly given: Promise<void>
  next: Promise<void> | undefined
}

function ignore(): void {}

import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits until `condition` returns something truthy and returns it. Fails after `withinMs` with what it last threw.
 * For what another process does: everything in this process is driven by a clock or awaited.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  withinMs = 15_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + withinMs
  let last: unknown
  while (Date.now() < end) {
    try {
      const found = await condition()
      if (found) return found as NonNullable<Exclude<T, false>>
    } catch (error) {
      last = error
    }
    await pause(20)
  }
  throw new Error(`Did not happen within ${withinMs} ms: ${what}`, { cause: last })
}

import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../lifecycle/clock.js'
import { isPausing } from '../../lifecycle/pause.js'

/** How many pulls a registry still allows, as it said last. */
export interface Allowance {
  readonly registry: string
  readonly remaining: number
  /** So many are left to those who run the images: from here on down we ask for no manifest that counts. */
  readonly reserve: number
}

export interface Allowances {
  /** Takes note of an answer of the registry's own host. */
  note(registry: string, headers: IncomingHttpHeaders): void
  /** The allowance that is too low to be spent, or undefined where a pull may be. */
  exhausted(registry: string): Allowance | undefined
}

const LEAST_RESERVE = 10
const RESERVED_SHARE = 0.1

/** The window slides, and nobody tells when: after this long one pull finds out. */
const BELIEVED_MS = 900_000

/**
 * Docker Hub counts GET requests of manifests by account or address, and tells what is left in the answers to them and to
 * HEAD, which does not count, as `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 76;w=21600`
 * (docs.docker.com/docker-hub/usage/pulls). Those who pull the images at the same address share it.
 */
export function createAllowances(clock: Clock, onChange?: (allowance: Allowance) => void): Allowances {
  const known = new Map<string, Allowance & { readonly at: number }>()

  return {
    note(registry, headers) {
      const remaining = countIn(headers['ratelimit-remaining'])
      const limit = countIn(headers['ratelimit-limit'])
      if (remaining === undefined || limit === undefined) return
      const allowance = { registry, remaining, reserve: Math.max(LEAST_RESERVE, Math.ceil(limit * RESERVED_SHARE)) }
      const before = known.get(registry)
      known.set(registry, { ...allowance, at: clock.now() })
      if (before?.remaining !== remaining || before.reserve !== allowance.reserve) onChange?.(allowance)
    },
    exhausted(registry) {
      const allowance = known.get(registry)
      if (allowance === undefined || !isPausing(allowance.at + BELIEVED_MS, clock.now(), BELIEVED_MS)) return undefined
      return allowance.remaining <= allowance.reserve ? allowance : undefined
    },
  }
}

/** The number before the window's length. */
function countIn(header: string | readonly string[] | undefined): number | undefined {
  const count = /^\s*(\d{1,9})\s*(?:;|$)/.exec([header ?? ''].flat().join())?.[1]
  return count === undefined ? undefined : Number(count)
}

import { isIPv6 } from 'node:net'
import type { Clock } from '../lifecycle/clock.js'

/** Wrong tokens, by address. */
export interface Attempts {
  areSpent(ip: string): boolean
  failed(ip: string): void
}

const MOST_ATTEMPTS = 10
const WINDOW_MS = 60_000
/** An attacker with more addresses than these guesses on: it is the length of a token that protects it. */
const MOST_ADDRESSES = 1_000

/** So many wrong tokens of an address a minute are looked at, and then none at all, right or wrong. */
export function createAttempts(clock: Clock): Attempts {
  const windows = new Map<string, { readonly since: number; readonly count: number }>()
  const windowOf = (network: string) => {
    const window = windows.get(network)
    return window !== undefined && clock.now() - window.since < WINDOW_MS ? window : undefined
  }
  return {
    areSpent: (ip) => (windowOf(networkOf(ip))?.count ?? 0) >= MOST_ATTEMPTS,
    failed(ip) {
      const network = networkOf(ip)
      const { since, count } = windowOf(network) ?? { since: clock.now(), count: 0 }
      windows.delete(network)
      windows.set(network, { since, count: count + 1 })
      const [oldest] = windows.keys()
      if (windows.size > MOST_ADDRESSES && oldest !== undefined) windows.delete(oldest)
    },
  }
}

/** One customer has 2^64 addresses of IPv6 at least (RFC 6177). */
function networkOf(ip: string): string {
  if (!isIPv6(ip) || ip.includes('.')) return ip
  const [left = '', right = ''] = ip.split('%', 1)[0]?.split('::') ?? []
  const [before, after] = [groups(left), groups(right)]
  const zeros = ip.includes('::') ? Array<string>(8 - before.length - after.length).fill('0') : []
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}

function groups(text: string): readonly string[] {
  return text === '' ? [] : text.split(':')
}

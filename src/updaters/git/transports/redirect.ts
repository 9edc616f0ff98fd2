import { mayReach, reachOf } from '../../../net/address.js'
import type { Hop } from '../../../net/pools.js'
import { addressIn } from '../../../net/proxies.js'
import { GitError } from '../errors.js'
import type { ExchangeAnswer } from './exchange.js'

/** Where one request goes. */
export interface Target extends Hop {
  /** Whether it never left the configured origin, so that credentials may be shown. */
  readonly trusted: boolean
}

/**
 * Where an answer sends us; undefined where it does not. The method and the body stay, which 303 would change: Git never
 * answers so. Throws `GitError` `INVALID_ANSWER` for a target that is not safe to follow.
 */
export function redirectOf({ status, headers, address }: ExchangeAnswer, from: Target): Target | undefined {
  const { location } = headers
  if (![301, 302, 307, 308].includes(status) || location === undefined) return undefined
  if (!URL.canParse(location, from.url.href)) throw refused('server redirects to what is no URL')
  const url = new URL(location, from.url)
  url.username = ''
  url.password = ''
  const downgrade = from.url.protocol === 'https:' && url.protocol !== 'https:'
  if (downgrade || !/^https?:$/.test(url.protocol))
    throw refused(`server redirects to "${url.origin}", which is not safe to follow`)
  const stays = url.origin === from.url.origin
  const reach = stays ? from.reach : (from.reach ?? reachOf(address))
  requireReachable({ url, reach })
  return { url, reach, trusted: from.trusted && stays }
}

/** Names are judged when they are looked up: an address in the URL itself is judged here. */
function requireReachable({ url, reach }: Hop): void {
  const address = addressIn(url)
  if (reach === undefined || address === undefined || mayReach(reach, address)) return
  throw refused(`server redirects to "${url.origin}", which is at a ${reachOf(address)} address`)
}

function refused(message: string): GitError {
  return new GitError('INVALID_ANSWER', message)
}

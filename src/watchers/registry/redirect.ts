import { mayReach, reachOf } from '../../net/address.js'
import type { Hop } from '../../net/pools.js'
import { addressIn } from '../../net/proxies.js'
import { RegistryError } from './errors.js'
import type { Answer, HttpRequest } from './http.js'

/** Where one exchange of a request goes, and with what. */
export interface Target extends Hop {
  readonly authorization: string | undefined
}

const STATUSES = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 5

/**
 * Sends a request and follows where its answers lead, within five redirects and never from HTTPS to HTTP. The authorization
 * stays behind at the first origin. A redirected POST is answered as it is: only tokens are asked for so.
 * Throws `RegistryError` `REFUSED_TARGET`, `INVALID_ANSWER`, or what `exchange` throws.
 */
export async function followRedirects(
  request: HttpRequest,
  exchange: (target: Target) => Promise<Answer>,
): Promise<Answer> {
  let target: Target = { url: request.url, authorization: request.authorization, reach: request.reach }
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    refuseAddress(request.action, target)
    const answer = await exchange(target)
    const { location } = answer.headers
    if (!STATUSES.has(answer.status) || location === undefined || request.method === 'POST') return answer
    target = nextTarget(request, target, answer, location)
  }
  throw refused(request.action, `more than ${MAX_REDIRECTS} redirects`)
}

function nextTarget(request: HttpRequest, from: Target, answer: Answer, location: string): Target {
  if (!URL.canParse(location, from.url.href)) {
    throw new RegistryError('INVALID_ANSWER', `${request.action}: redirected to no address`)
  }
  const url = new URL(location, from.url)
  const sameOrigin = url.origin === from.url.origin
  const place = `"${url.protocol}//${url.host}${url.pathname}"`

  if (url.protocol !== 'https:' && url.protocol !== from.url.protocol) {
    throw refused(request.action, `redirected to ${place}, not HTTPS`)
  }
  if (url.username !== '' || url.password !== '')
    throw refused(request.action, `redirected to ${place} with credentials`)
  if (!sameOrigin && !request.mayLeave) throw refused(request.action, `redirected to ${place}, another host`)
  return {
    url,
    authorization: sameOrigin ? from.authorization : undefined,
    reach: sameOrigin ? from.reach : (from.reach ?? reachOf(answer.address)),
  }
}

/** Node looks up names only, and the lookup judges them, or a proxy does: an address in the URL itself is judged here. */
function refuseAddress(action: string, { url, reach }: Target): void {
  const address = addressIn(url)
  if (reach === undefined || address === undefined || mayReach(reach, address)) return
  throw refused(action, `"${url.origin}" is at a ${reachOf(address)} address`)
}

function refused(action: string, reason: string): RegistryError {
  return new RegistryError('REFUSED_TARGET', `${action}: ${reason}`)
}

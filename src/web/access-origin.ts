import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/**
 * Whether a form was sent by a page of this server, as browsers tell by `Sec-Fetch-Site` (Fetch Metadata Request Headers) and
 * `Origin` (RFC 6454). What is no browser sends neither.
 */
export function isSameOrigin({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  // Told to servers on https and loopback only, and right behind proxies that change the host.
  if (site !== undefined) return site === 'same-origin'
  if (origin === undefined) return true
  return URL.canParse(origin) && new URL(origin).host === host
}

/**
 * Whether a request to a server that listens on loopback names it in a way that no stranger's domain can be made to mean: by an address,
 * as `localhost`, or by a name of the policy file. Else a page elsewhere whose name is made to lead here could read it (DNS rebinding).
 */
export function isOurHost(host: string | undefined, names: readonly string[]): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false
  const { hostname } = new URL(`http://${host}`)
  if (isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0) return true
  return hostname === 'localhost' || hostname.endsWith('.localhost') || names.includes(hostname)
}

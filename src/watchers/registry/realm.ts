import { isIP } from 'node:net'
import { RegistryError } from './errors.js'

/** Where a registry says that tokens are to be had. */
export interface Realm {
  readonly url: URL
  /** Whether it is the registry's own host or a neighbour in its domain: only such a one is given credentials. */
  readonly trusted: boolean
}

/**
 * Second-level labels below which country-code registries let anybody register a name, so that `a.co.uk` and `b.co.uk` are strangers.
 * The whole list is at publicsuffix.org; this one errs only for names that few registries have.
 */
const OPEN_LABELS = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'go',
  'gob',
  'gov',
  'gouv',
  'mil',
  'ne',
  'net',
  'nom',
  'or',
  'org',
])

/**
 * Judges the realm of a Bearer challenge from the registry at `registry`, an origin's URL.
 *
 * A relative realm is taken below the registry. Throws `RegistryError` `INVALID_ANSWER` where it is no URL, and
 * `REFUSED_TARGET` where it is not HTTPS (while the registry is), or has a user name or fragment.
 */
export function judgeRealm(action: string, text: string, registry: URL): Realm {
  if (!URL.canParse(text, registry.href)) {
    throw new RegistryError('INVALID_ANSWER', `${action}: registry names no valid token realm`)
  }
  const url = new URL(text, registry)
  const place = `"${url.protocol}//${url.host}${url.pathname}"`
  if (url.protocol !== 'https:' && url.protocol !== registry.protocol) {
    throw new RegistryError('REFUSED_TARGET', `${action}: token realm ${place} is not HTTPS`)
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new RegistryError('REFUSED_TARGET', `${action}: token realm ${place} has a user name or fragment`)
  }
  return { url, trusted: areNeighbours(url.hostname, registry.hostname) }
}

/**
 * Whether two host names are one, or share a domain that somebody registered. Ports do not count: what answers on one port
 * of the registry's host could have asked for the credentials itself.
 */
function areNeighbours(a: string, b: string): boolean {
  if (a === b) return true
  if (isIP(a) !== 0 || isIP(b) !== 0 || a.startsWith('[') || b.startsWith('[')) return false
  const domain = registrableDomain(a)
  return domain !== undefined && domain === registrableDomain(b)
}

function registrableDomain(host: string): string | undefined {
  const labels = host.split('.')
  const secondLevel = labels.at(-2)
  if (secondLevel === undefined) return undefined
  const length = OPEN_LABELS.has(secondLevel) ? 3 : 2
  return labels.length < length ? undefined : labels.slice(-length).join('.')
}

import { BlockList, isIP } from 'node:net'
import { reachOf } from './address.js'

/** The proxies of the environment, by the scheme of what is asked through them. */
export interface Proxies {
  /** `http://` or `https://` URLs, perhaps with a user name and password. */
  readonly http?: string | undefined
  readonly https?: string | undefined
  /** What is asked without one, as in `NO_PROXY`. */
  readonly except: string
}

/**
 * The proxy of the environment through which `url` is asked. There is no specification: the rules are those of Go's
 * golang.org/x/net/http/httpproxy, which the registries' own tools follow. This machine is never asked through one.
 */
export function environmentProxy(url: URL, proxies: Proxies): URL | undefined {
  const proxy = url.protocol === 'https:' ? proxies.https : proxies.http
  const address = addressIn(url)
  if (proxy === undefined || (address !== undefined && reachOf(address) === 'loopback')) return undefined
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  const entries = proxies.except.toLowerCase().split(/[,\s]+/)
  return entries.some((entry) => isExcepted(hostOf(url), port, entry)) ? undefined : new URL(proxy)
}

/** The host of a URL, an IPv6 address without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** The address that a URL has instead of a name. `localhost` is one for whoever connects (RFC 6761, section 6.3). */
export function addressIn(url: URL): string | undefined {
  const host = hostOf(url)
  if (isIP(host) !== 0) return host
  return /(?:^|\.)localhost\.?$/.test(host) ? '127.0.0.1' : undefined
}

function isExcepted(host: string, port: string, entry: string): boolean {
  if (entry === '' || entry === '*') return entry === '*'
  const [, bracketed, name = '', only] = /^(?:\[([^\]]*)\]|([^:]*|[^:]*:[^:]*:.*?))(?::([0-9]+))?$/.exec(entry) ?? []
  if (only !== undefined && only !== port) return false
  const pattern = bracketed ?? name
  if (pattern === '') return false
  if (isIP(host) !== 0) return isInNetwork(host, pattern)
  if (pattern.startsWith('.') || pattern.startsWith('*.')) return host.endsWith(pattern.replace(/^\*/, ''))
  return host === pattern || host.endsWith(`.${pattern}`)
}

function isInNetwork(address: string, pattern: string): boolean {
  const [network = '', bits] = pattern.split('/')
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  const most = family === 'ipv6' ? 128 : 32
  const prefix = bits === undefined ? most : Number(bits)
  if (isIP(network) === 0 || !(Number.isInteger(prefix) && prefix >= 0 && prefix <= most)) return false
  const list = new BlockList()
  list.addSubnet(network, prefix, family)
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

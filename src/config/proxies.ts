import type { Proxies } from './configuration.js'

/** An origin as registries have one: nothing behind the host but perhaps a port. */
export function isOrigin(text: string): boolean {
  return isHttpUrl(text) && isBare(new URL(text)) && !text.includes('@')
}

export function isProxyUrl(text: string): boolean {
  return isHttpUrl(text) && isBare(new URL(text)) && hasReadableLogin(new URL(text))
}

/**
 * The proxies that the environment names, in lower case or upper case as curl and Go read them: `HTTPS_PROXY`, `HTTP_PROXY`
 * and `NO_PROXY`. A complaint names the variable and never its value, which may hold a password.
 */
export function readProxies(env: Readonly<Record<string, string | undefined>>): {
  readonly proxies: Proxies
  readonly complaints: readonly string[]
} {
  const complaints: string[] = []
  const read = (name: string) => env[name.toLowerCase()] || env[name] || undefined
  const proxy = (name: string) => {
    const text = read(name)
    if (text === undefined) return undefined
    const url = text.includes('://') ? text : `http://${text}`
    if (isProxyUrl(url)) return url
    complaints.push(`the environment variable ${name} is not an http:// or https:// URL of a proxy`)
    return undefined
  }
  const http = proxy('HTTP_PROXY')
  const https = proxy('HTTPS_PROXY')
  return {
    proxies: {
      ...(http !== undefined && { http }),
      ...(https !== undefined && { https }),
      except: read('NO_PROXY') ?? '',
    },
    complaints,
  }
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text)
}

function isBare({ pathname, search, hash }: URL): boolean {
  return pathname === '/' && search === '' && hash === ''
}

/** A password may have a percent sign that escapes nothing. */
function hasReadableLogin({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}`)
    return true
  } catch {
    return false
  }
}

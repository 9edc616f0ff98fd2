import { fileURLToPath } from 'node:url'
import type { Clock } from '../../../lifecycle/clock.js'
import { GitError } from '../errors.js'
import type { Access, Credentials, GitHubAppLogin, SshLogin } from './access.js'
import { httpTransport } from './http.js'
import { localTransport } from './local.js'
import { sshTransport } from './ssh.js'
import { tryParseSshAddress } from './ssh-address.js'
import type { Transport } from './transport.js'

export interface OpenTransportOptions extends Access {
  readonly clock: Clock
  /** Told once for each new URL that an HTTP server says the repository is at. */
  readonly onMove?: ((url: string) => void) | undefined
}

/**
 * The transport for `https://`, `http://`, `ssh://`, `user@host:path`, `file://` or a path. Credentials in an HTTP URL are used
 * where no others are given. Throws `GitError` `UNSUPPORTED` for any other URL.
 */
export function openTransport(url: string, options: OpenTransportOptions): Transport {
  if (/^https?:\/\//i.test(url)) {
    const parsed = parseUrl(url)
    return httpTransport(parsed, { ...options, credentials: httpLogin(options.credentials) ?? credentialsOf(parsed) })
  }
  if (/^file:\/\//i.test(url)) return localTransport(pathOf(parseUrl(url)), options)
  const address = tryParseSshAddress(url)
  if (address !== undefined)
    return sshTransport(address, { clock: options.clock, login: sshLogin(options.credentials) })
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || SCP_LIKE.test(url)) throw unsupported(url)
  return localTransport(url, options)
}

// git-clone(1): `[user@]host:path`, where no slash comes before the colon.
const SCP_LIKE = /^[^/:]+:/

function parseUrl(url: string): URL {
  // The fault of a URL is not quoted: it may hold a password.
  if (!URL.canParse(url)) throw new GitError('UNSUPPORTED', 'Cannot open a Git repository: its URL is malformed')
  return new URL(url)
}

function httpLogin(credentials: Access['credentials']): Credentials | GitHubAppLogin | undefined {
  if (credentials === undefined) return undefined
  return 'username' in credentials || 'githubApp' in credentials ? credentials : undefined
}

function sshLogin(credentials: Access['credentials']): SshLogin | undefined {
  if (credentials === undefined || 'username' in credentials || 'githubApp' in credentials) return undefined
  return credentials
}

function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === '' && password === '') return undefined
  return { username: decode(username), password: decode(password) }
}

// A password with a bare "%" is meant as it stands.
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function pathOf(url: URL): string {
  if (url.host !== '') throw new GitError('UNSUPPORTED', `Cannot open "${url.href}": a file URL has no host`)
  return fileURLToPath(url)
}

function unsupported(url: string): GitError {
  const shown = URL.canParse(url) ? `${new URL(url).protocol}//` : 'host:path'
  return new GitError(
    'UNSUPPORTED',
    `Cannot open a Git repository by "${shown}": only https, http, ssh, file and paths can be`,
  )
}

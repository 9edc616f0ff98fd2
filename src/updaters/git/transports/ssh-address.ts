import { GitError } from '../errors.js'

/** A repository at an SSH server. */
export interface SshAddress {
  readonly user: string
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
  /** As the server's program takes it: absolute, or relative to the user's home. */
  readonly path: string
  /** What people are shown. */
  readonly name: string
}

/**
 * The address that a URL or `[user@]host:path` stands for; undefined for what is neither. Source: git-clone(1), "Git URLs".
 * Throws `GitError` `UNSUPPORTED`, which does not quote the URL, where it is one and names nothing that can be asked.
 */
export function tryParseSshAddress(url: string): SshAddress | undefined {
  const parts = URL_FORM.exec(url)?.groups ?? SCP_FORM.exec(url)?.groups
  if (parts === undefined) return undefined
  const isUrl = parts.scheme !== undefined
  const read = isUrl ? decode : (text: string) => text
  // As Git has it: `/~user/repository` lies below that user's home.
  const path = read(parts.path ?? '').replace(/^\/~/, '~')
  const host = read(parts.host ?? '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  const address = { user: read(parts.user ?? 'git'), host, port: Number(parts.port || DEFAULT_PORT), path }
  requireSafe(address)
  return { ...address, name: nameOf(address, isUrl) }
}

const DEFAULT_PORT = 22

const URL_FORM =
  /^(?<scheme>ssh|git\+ssh|ssh\+git):\/\/(?:(?<user>[^/]*)@)?(?<host>\[[^\]/]*\]|[^/:@[\]]*)(?::(?<port>\d{0,5}))?(?<path>\/.*)?$/is

// Where a slash comes before the colon it is a path of this machine, and two colons are Git's for its helper programs.
const SCP_FORM = /^(?:(?<user>[^/:@]*)@)?(?<host>\[[^\]/]*\]|[^/:@[\]]+):(?!\/\/|:)(?<path>.*)$/s

/** Decoded twice would be another text: a bare "%" stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function requireSafe({ user, host, port, path }: Omit<SshAddress, 'name'>): void {
  const faults: readonly (readonly [boolean, string])[] = [
    // `user:password@host:path` reads as the path "password@host:path" of the host "user".
    [user.includes(':') || /^[^/]*@/.test(path), 'a password in an SSH URL is not supported, a key or an agent is'],
    [/\p{Cc}/u.test(user + host + path), 'its URL has a control character'],
    [user === '', 'its URL names no user'],
    // What begins like an option was used for attacks on Git (CVE-2017-1000117), which refuses it since.
    [host === '' || host.startsWith('-') || /\s/.test(host), 'its URL names no host'],
    [port < 1 || port > 65_535, 'its URL has a port that does not exist'],
    [path === '' || path === '/', 'its URL names no path'],
    [path.startsWith('-'), 'its path begins with "-"'],
  ]
  const fault = faults.find(([isFault]) => isFault)
  if (fault !== undefined) throw new GitError('UNSUPPORTED', `Cannot open a Git repository: ${fault[1]}`)
}

function nameOf({ user, host, port, path }: Omit<SshAddress, 'name'>, isUrl: boolean): string {
  const shown = host.includes(':') ? `[${host}]` : host
  // Whose home it is relative to makes it another repository. Forges have one user for all, who has nothing at home.
  const owner = path.startsWith('/') || user === 'git' ? '' : `${user}@`
  if (!isUrl) return `${owner}${shown}:${path}`
  return `ssh://${owner}${shown}${port === DEFAULT_PORT ? '' : `:${port}`}${path.startsWith('/') ? '' : '/'}${path}`
}

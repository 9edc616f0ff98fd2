import { isAbsolute, resolve } from 'node:path'

/** How the repository of a right URL is reached. */
export type GitUrlKind = 'http' | 'ssh' | 'file'

/** Why this cannot be the URL of a Git repository, in words that never repeat it; undefined where it can. */
export function gitUrlComplaint(text: string): string | undefined {
  if (text === '' || hasControlCharacter(text)) return EXPECTATION
  // Readers of URLs pass over it, and what tells URLs from paths does not.
  if (text !== text.trim()) return 'there is a blank before or after it'
  if (SCP_LIKE.test(text)) return scpLikeComplaint(text)
  if (!text.includes('://')) return text.startsWith('~') ? `"~" is not expanded, use "\${HOME}"` : undefined
  if (/^git:/i.test(text)) return 'nothing proves who answers to git://, use https:// or ssh://'

  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !(SSH_SCHEMES.has(url.protocol) || OTHER_SCHEMES.has(url.protocol))) return EXPECTATION
  if (url.search !== '' || url.hash !== '') return 'the URL has a query or fragment'
  if (SSH_SCHEMES.has(url.protocol)) return sshComplaint(url)
  if (url.username !== '' || url.password !== '') return 'the URL has a user name or password, use "credentials"'
  if (url.protocol === 'file:' && url.host !== '')
    return 'a file URL has three slashes, such as "file:///srv/fleet.git"'
  return undefined
}

export function gitUrlKind(text: string): GitUrlKind {
  if (SCP_LIKE.test(text)) return 'ssh'
  const scheme = /^([a-z+]+:)\/\//i.exec(text)?.[1]?.toLowerCase() ?? 'file:'
  if (SSH_SCHEMES.has(scheme)) return 'ssh'
  return scheme === 'file:' ? 'file' : 'http'
}

/** A path becomes absolute, starting at `folder`; a URL stays as it is. */
export function absoluteGitUrl(text: string, folder: string): string {
  return text.includes('://') || SCP_LIKE.test(text) || isAbsolute(text) ? text : resolve(folder, text)
}

const EXPECTATION = 'expected an https://, http://, ssh:// or file:// URL, git@host:path, or a path'

const SSH_SCHEMES = new Set(['ssh:', 'git+ssh:', 'ssh+git:'])
const OTHER_SCHEMES = new Set(['https:', 'http:', 'file:'])

/** `git@host:path`, of git-fetch(1), "GIT URLS": a colon before the first slash. Two are Git's for its helper programs. */
const SCP_LIKE = /^[^/:]+:(?!\/\/)/

const ENCODED_CONTROL = /%(?:[01][0-9a-f]|7f)/i

const PASSWORD = 'the URL has a password: SSH logs in with "credentials"'
// `git` refuses both, which would be options of the programs that it starts.
const LEADING_HYPHEN = 'neither the host nor the path begins with "-"'

function sshComplaint({ hostname, port, pathname, password }: URL): string | undefined {
  if (password !== '') return PASSWORD
  if (ENCODED_CONTROL.test(pathname) || hostname === '' || port === '0' || pathname === '' || pathname === '/')
    return EXPECTATION
  return hostname.startsWith('-') ? LEADING_HYPHEN : undefined
}

function scpLikeComplaint(text: string): string | undefined {
  const [, host = '', path = ''] = /^(?:[^:@]*@)?(\[[^\]]*\]|[^:@[\]]*):(.*)$/.exec(text) ?? []
  // `user:password@host:path` names the path "password@host:path" of the host "user".
  if (/^[^/]*@/.test(path)) return PASSWORD
  if (host === '' || path === '' || path === '/' || path.startsWith(':') || text.startsWith('@') || /\s/.test(host))
    return EXPECTATION
  return host.startsWith('-') || path.startsWith('-') ? LEADING_HYPHEN : undefined
}

function hasControlCharacter(text: string): boolean {
  for (const character of text) if (character < ' ' || character === '\u007f') return true
  return false
}

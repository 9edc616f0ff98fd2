import { isAbsolute, resolve } from 'node:path'

/** Why this cannot be the URL of a Git repository, in words that never repeat it; undefined where it can. */
export function gitUrlComplaint(text: string): string | undefined {
  if (text === '' || hasControlCharacter(text)) return EXPECTATION
  if (/^(?:ssh|git\+ssh|ssh\+git):/i.test(text) || SCP_LIKE.test(text)) return 'SSH is not supported yet, use https://'
  if (!text.includes('://')) return text.startsWith('~') ? `"~" is not expanded, use "\${HOME}"` : undefined

  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['https:', 'http:', 'file:'].includes(url.protocol)) return EXPECTATION
  if (url.username !== '' || url.password !== '') return 'the URL has a user name or password, use "credentials"'
  if (url.search !== '' || url.hash !== '') return 'the URL has a query or fragment'
  if (url.protocol === 'file:' && url.host !== '')
    return 'a file URL has three slashes, such as "file:///srv/fleet.git"'
  return undefined
}

/** A path becomes absolute, starting at `folder`; a URL stays as it is. */
export function absoluteGitUrl(text: string, folder: string): string {
  return text.includes('://') || isAbsolute(text) ? text : resolve(folder, text)
}

const EXPECTATION = 'expected an https://, http:// or file:// URL, or a path'

/** `git@host:path`, of git-fetch(1), "GIT URLS": a colon before the first slash. */
const SCP_LIKE = /^[^/:]+:(?!\/\/)/

function hasControlCharacter(text: string): boolean {
  for (const character of text) if (character < ' ' || character === '\u007f') return true
  return false
}

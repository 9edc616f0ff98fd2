/**
 * Where a browser shows a commit, on a forge that is known by its host. Undefined elsewhere: a link that leads nowhere is worse
 * than none. Nothing of a user name or password in the URL gets into it.
 */
export function commitLink(gitUrl: string, oid: string): string | undefined {
  const server = tryParseServer(gitUrl)
  if (server === undefined) return undefined
  const { host, path } = server
  if (AZURE_SSH.test(host)) return azureLink(path, oid)
  const forge = FORGES.find(({ hosts }) => hosts.test(host))
  return forge && `${server.origin}/${path}/${forge.commit}/${oid}`
}

/** A path as each forge's own documentation has it. Of self-hosted ones only those are known that are called after their forge. */
const FORGES: readonly { readonly hosts: RegExp; readonly commit: string }[] = [
  { hosts: /^github\.com$|\.ghe\.com$|^github\./, commit: 'commit' },
  { hosts: /^gitlab\./, commit: '-/commit' },
  { hosts: /^codeberg\.org$|^(gitea|forgejo)\./, commit: 'commit' },
  { hosts: /^bitbucket\.org$/, commit: 'commits' },
  { hosts: /^dev\.azure\.com$|\.visualstudio\.com$/, commit: 'commit' },
]

const AZURE_SSH = /^ssh\.dev\.azure\.com$/

/** Over SSH a repository is `v3/ORGANIZATION/PROJECT/REPOSITORY`. */
function azureLink(path: string, oid: string): string | undefined {
  const [version, organization, project, repository, ...more] = path.split('/')
  if (version !== 'v3' || repository === undefined || more.length > 0) return undefined
  return `https://dev.azure.com/${organization}/${project}/_git/${repository}/commit/${oid}`
}

interface Server {
  /** Of its pages. */
  readonly origin: string
  readonly host: string
  /** Without `.git` and slashes at its ends. */
  readonly path: string
}

function tryParseServer(text: string): Server | undefined {
  if (!URL.canParse(text)) return ofShortForm(text)
  const { protocol, hostname, host, pathname } = new URL(text)
  if (protocol === 'http:' || protocol === 'https:') return serverOf(`${protocol}//${host}`, hostname, pathname)
  return protocol === 'ssh:' ? serverOf(`https://${hostname}`, hostname, pathname) : undefined
}

/** `user@host:path`. Source: git-clone(1), "GIT URLS". */
function ofShortForm(text: string): Server | undefined {
  const [, host, path] = /^(?:[^@/:]+@)?([\w.-]+):(.+)$/.exec(text) ?? []
  if (host === undefined || path === undefined || !URL.canParse(`https://${host}/${path}`)) return undefined
  const { hostname, pathname } = new URL(`https://${host}/${path}`)
  return serverOf(`https://${hostname}`, hostname, pathname)
}

function serverOf(origin: string, host: string, pathname: string): Server | undefined {
  const path = pathname
    .split('/')
    .filter((part) => part !== '')
    .join('/')
    .replace(/\.git$/, '')
  return path === '' ? undefined : { origin, host, path }
}

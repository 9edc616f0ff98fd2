import { resolve } from 'node:path'
import { checked, milliseconds } from './checked.js'
import type { GitConfig, Person, PrivateKey, SigningConfig, SshLogin } from './configuration.js'
import { DEFAULTS } from './defaults.js'
import { absoluteGitUrl, gitUrlKind } from './git-url.js'
import type { Path } from './node.js'
import { privateKeyOf } from './private-keys.js'
import { loginOf, resolveTls } from './resolve-access.js'
import type { PolicyFile } from './schema.js'

type GitEntry = NonNullable<PolicyFile['git']>[string]
type Credentials = NonNullable<GitEntry['credentials']>

export interface GitSurroundings {
  /** The folder in which relative paths start that stand at these keys of the entry. */
  readonly folderAt: (keys: Path) => string
  /** The agent of the environment: the path of its socket. */
  readonly agent: string | undefined
}

/** Applies the defaults to one Git repository without faults. */
export function resolveGit(name: string, git: GitEntry, surroundings: GitSurroundings): GitConfig {
  const { branch, interval, tls, proxy, committer, signOff, message, signing, push, reverts } = git
  const { folderAt } = surroundings
  const author = personOf(git.author, DEFAULTS.author)
  const credentials = resolveLogin(git, surroundings)
  return {
    name,
    url: absoluteGitUrl(git.url, folderAt(['url'])),
    branch: branch ?? DEFAULTS.git.branch,
    intervalMs: milliseconds(interval ?? DEFAULTS.git.interval),
    ...(credentials !== undefined && { credentials }),
    ...(tls !== undefined && { tls: resolveTls(tls, (key, path) => resolve(folderAt(['tls', key]), path)) }),
    ...(proxy !== undefined && { proxy }),
    author,
    ...(committer !== undefined && { committer: personOf(committer, author) }),
    signOff: String(signOff ?? DEFAULTS.git.signOff) === 'true',
    ...(message !== undefined && { message }),
    ...(signing !== undefined && { signing: resolveSigning(signing, folderAt) }),
    push: { ...(push?.branch !== undefined && { branch: push.branch }), options: push?.options ?? [] },
    reverts: { withinMs: milliseconds(reverts?.within ?? DEFAULTS.git.reverts) },
  }
}

type FolderAt = GitSurroundings['folderAt']

function resolveLogin(
  { url, credentials = {} }: GitEntry,
  { folderAt, agent }: GitSurroundings,
): GitConfig['credentials'] {
  const { token, githubApp } = credentials
  if (gitUrlKind(url) === 'ssh') return resolveSshLogin(credentials, folderAt, agent)
  // Servers that take a token as password ignore the user name, and refuse an empty one.
  if (token !== undefined) return { username: 'git', password: token }
  if (githubApp === undefined) return loginOf(credentials)
  const { id, installation, key } = githubApp
  return {
    githubApp: {
      id: String(id),
      installation: String(installation),
      key: privateKeyOf(key, folderAt(['credentials', 'githubApp', 'key'])),
    },
  }
}

/** A key is used alone, so that it is known which one the server accepted. */
function resolveSshLogin(
  credentials: Credentials,
  folderAt: FolderAt,
  environmentAgent: string | undefined,
): SshLogin | undefined {
  const { sshKey, passphrase, knownHosts } = credentials
  const absolute = (key: string, path: string) => resolve(folderAt(['credentials', key]), path)
  const named = credentials.agent === undefined ? environmentAgent : absolute('agent', credentials.agent)
  const agent = sshKey === undefined ? named : undefined
  const login = {
    ...(sshKey !== undefined && { sshKey: privateKeyOf(sshKey, folderAt(['credentials', 'sshKey'])) }),
    ...(passphrase !== undefined && { passphrase }),
    ...(knownHosts !== undefined && { knownHosts: absolute('knownHosts', knownHosts) }),
    ...(agent !== undefined && { agent }),
  }
  return Object.keys(login).length === 0 ? undefined : login
}

function resolveSigning(
  { ssh, openpgp, passphrase }: NonNullable<GitEntry['signing']>,
  folderAt: FolderAt,
): SigningConfig {
  const keyAt = (key: string, text: string): PrivateKey => privateKeyOf(text, folderAt(['signing', key]))
  const rest = passphrase !== undefined && { passphrase }
  if (ssh !== undefined) return { ssh: keyAt('ssh', ssh), ...rest }
  return { openpgp: keyAt('openpgp', checked(openpgp, undefined)), ...rest }
}

function personOf(person: GitEntry['author'], defaults: Person): Person {
  return { name: person?.name ?? defaults.name, email: person?.email ?? defaults.email }
}

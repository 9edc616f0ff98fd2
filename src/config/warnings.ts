import type { Configuration, GitConfig } from './configuration.js'
import { formatFault } from './errors.js'
import { gitUrlKind } from './git-url.js'
import { plainHttpByDefault, tryParseHost } from './host.js'
import { entriesAt, formatPath, locate, type MapNode, type Path } from './node.js'
import { notificationWarnings } from './notification-warnings.js'
import { policyWarnings, type Warning } from './policy-warnings.js'
import { isAddressed } from './webhook.js'

type Resolved = Omit<Configuration, 'warnings' | 'proxies' | 'files'>

/** What is allowed and probably not meant, at an instant, as `file:line:column: path: message`. */
export function warningsOf(
  configuration: Resolved,
  root: MapNode,
  { now, isPartial }: { readonly now: number; readonly isPartial: boolean },
): readonly string[] {
  const { policies, policiesFrom } = configuration
  // Policies that are not known may watch and write everything.
  const watched = isPartial ? ANY : new Set(policies.map(({ repository }) => repository.registry))
  const used = isPartial ? ANY : new Set([...writtenBy(policies), ...policiesFrom.map(({ git }) => git)])
  const warnings = [
    ...registryWarnings(configuration, watched, entriesAt(root, ['registries']).keys()),
    ...gitWarnings(configuration, used),
    ...policyWarnings(configuration.policies, now),
    ...webhookWarnings(configuration, watched, used),
    ...notificationWarnings(configuration.notifications),
    ...serverWarnings(configuration),
  ]
  if (policies.length === 0 && !isPartial)
    warnings.push({ path: ['policies'], message: 'no policies: nothing will be done' })
  return warnings.map(({ path, message }) => {
    const { node, key } = locate(root, path)
    return formatFault({ ...(key ?? node.at), path: formatPath(path), message })
  })
}

function* registryWarnings({ registries }: Resolved, watched: Names, spellings: Iterable<string>): Generator<Warning> {
  for (const spelling of spellings) {
    const host = tryParseHost(spelling) ?? spelling
    const registry = registries[host]
    const path = ['registries', spelling]
    if (!watched.has(host)) yield { path, message: 'no policy watches an image of this registry' }
    if (registry?.plainHttp && !registry.endpoint && registry.credentials !== undefined && !plainHttpByDefault(host)) {
      yield { path: [...path, 'plainHttp'], message: UNENCRYPTED }
    }
    if (registry?.credentials !== undefined && registry.endpoint !== undefined && isInTheClear(registry.endpoint)) {
      yield { path: [...path, 'endpoint'], message: UNENCRYPTED }
    }
    if (registry?.endpoint !== undefined && registry.credentials !== undefined && 'provider' in registry.credentials) {
      const message = "the endpoint gets the cloud's token, which may open more than this registry"
      yield { path: [...path, 'endpoint'], message }
    }
  }
}

function* gitWarnings({ git }: Resolved, used: Names): Generator<Warning> {
  const branches = new Map<string, string>()
  for (const repository of Object.values(git)) {
    const { name, url } = repository
    const path = ['git', name]
    if (!used.has(name)) yield { path, message: 'no policy writes to it' }
    yield* accessWarnings(repository, path)
    const taken = branchesOf(repository).map((branch) => `${url} ${branch}`)
    const first = taken.map((branch) => branches.get(branch)).find((other) => other !== undefined)
    for (const branch of taken) if (!branches.has(branch)) branches.set(branch, name)
    if (first !== undefined)
      yield {
        path,
        message: `the same branch as "${formatPath(['git', first])}": two writers will get in each other's way`,
      }
  }
}

/** The one that is read, and what tells those that are pushed to from those of other repositories of the file. */
function branchesOf({ name, branch, push: { branch: template } }: GitConfig): readonly string[] {
  if (template === undefined) return [branch]
  const own = [
    ...(/\{[^}]*\bgit\b/.test(template) ? [name] : []),
    ...(/\{[^}]*\bbranch\b/.test(template) ? [branch] : []),
  ]
  return [branch, [template, ...own].join(' ')]
}

function* accessWarnings({ url, credentials, tls, proxy }: GitConfig, path: Path): Generator<Warning> {
  const kind = gitUrlKind(url)
  if (credentials !== undefined && isInTheClear(url)) yield { path: [...path, 'url'], message: UNENCRYPTED }
  for (const [key, value] of Object.entries({ tls, proxy })) {
    if (value !== undefined && kind !== 'http')
      yield { path: [...path, key], message: 'no effect without an https:// URL' }
  }
  const hasKeys = credentials !== undefined && ('sshKey' in credentials || 'agent' in credentials)
  if (kind === 'ssh' && !hasKeys) {
    const message = 'neither "sshKey" nor "agent", and the environment has no SSH_AUTH_SOCK: no key to log in with'
    yield { path: [...path, 'url'], message }
  }
}

function* webhookWarnings({ webhooks }: Resolved, watched: Names, used: Names): Generator<Warning> {
  for (const webhook of Object.values(webhooks)) {
    const path = ['webhooks', webhook.name]
    if ('secret' in webhook && webhook.secret.length < SAFE_SECRET_LENGTH) {
      yield { path: [...path, 'secret'], message: 'short enough to be guessed' }
    }
    if (isAddressed(webhook.sender)) {
      const message = `"${webhook.sender}" cannot prove who it is: whoever knows the address may send, so keep it like a password`
      yield { path: [...path, 'sender'], message }
    }
    if ('git' in webhook && webhook.git !== undefined && !used.has(webhook.git)) {
      yield { path: [...path, 'git'], message: 'no policy writes to it: no push has an effect' }
    }
    if ('registry' in webhook && webhook.registry !== undefined && !watched.has(webhook.registry)) {
      const message = 'no policy watches an image of this registry: no event has an effect'
      yield { path: [...path, 'registry'], message }
    }
  }
}

type Names = Pick<ReadonlySet<string>, 'has'>

const ANY: Names = { has: () => true }

function writtenBy(policies: Resolved['policies']): ReadonlySet<string> {
  return new Set(policies.flatMap(({ write }) => write.map(({ git }) => git)))
}

function* serverWarnings({ server }: Resolved): Generator<Warning> {
  for (const key of ['readToken', 'adminToken'] as const) {
    const token = server[key]
    if (token !== undefined && token.length < SAFE_SECRET_LENGTH)
      yield { path: ['server', key], message: 'short enough to be guessed' }
  }
  if (server.readToken !== undefined && server.readToken === server.adminToken)
    yield { path: ['server', 'readToken'], message: 'the same as "adminToken": whoever may read may operate' }
}

function isInTheClear(url: string): boolean {
  return url.startsWith('http://') && !plainHttpByDefault(new URL(url).host)
}

/** 16 characters of any kind are about as many as anybody can try. */
const SAFE_SECRET_LENGTH = 16

const UNENCRYPTED = 'credentials will go over http:// for everyone on the way to read'

import { resolve } from 'node:path'
import { checked } from './checked.js'
import type { Configuration, RegistryConfig } from './configuration.js'
import { DEFAULTS } from './defaults.js'
import { plainHttpByDefault, tryParseHost } from './host.js'
import type { KeyFiles } from './key-files.js'
import { folderOf, locate, type MapNode, type Path } from './node.js'
import { loginOf, resolveTls } from './resolve-access.js'
import { resolveGit } from './resolve-git.js'
import { resolveNotifications } from './resolve-notifications.js'
import { resolvePolicy } from './resolve-policy.js'
import { resolveWebhook } from './resolve-webhook.js'
import type { PolicyFile } from './schema.js'
import { secretsOf } from './secrets.js'
import { resolveServer } from './server.js'

/**
 * Applies the defaults to a file without faults. `root` tells in which file, and so in which folder, a path stands.
 * The state is kept in the working folder of the process where the file does not say. `keys` has every public key that it
 * names, and `env` may have an agent for SSH.
 */
export function resolveFile(
  file: PolicyFile,
  root: MapNode,
  keys: KeyFiles,
  env: Readonly<Record<string, string | undefined>>,
): Omit<Configuration, 'warnings' | 'proxies' | 'files'> {
  const absolute = (path: Path, text: string) => resolve(folderAt(root, path), text)
  // ssh-agent(1). An empty one is taken for none.
  const agent = env.SSH_AUTH_SOCK ? resolve(env.SSH_AUTH_SOCK) : undefined
  const policies = Object.entries(file.policies ?? {}).map(([name, policy]) =>
    resolvePolicy(name, policy, (keys, text) => absolute(['policies', name, ...keys], text), keys),
  )
  return {
    registries: record(file.registries, (host, registry) => [
      hostOf(host),
      resolveRegistry(hostOf(host), registry, (keys, text) => absolute(['registries', host, ...keys], text)),
    ]),
    git: record(file.git, (name, git) => [
      name,
      resolveGit(name, git, { folderAt: (keys) => folderAt(root, ['git', name, ...keys]), agent }),
    ]),
    policies: policies.sort((a, b) => (a.name < b.name ? -1 : 1)),
    policiesFrom: (file.policiesFrom ?? []).map(({ git, path, branch }) => ({
      git,
      branch: branch ?? file.git?.[git]?.branch ?? DEFAULTS.git.branch,
      path,
    })),
    webhooks: record(file.webhooks, (name, webhook) => [name, resolveWebhook(name, webhook)]),
    notifications: resolveNotifications(file.notifications ?? [], (keys, path) =>
      absolute(['notifications', ...keys], path),
    ),
    ...(file.queue !== undefined && { queue: { redis: file.queue.redis } }),
    state: file.state === undefined ? resolve(DEFAULTS.state) : absolute(['state'], file.state),
    server: resolveServer(file.server),
    secrets: secretsOf(root),
  }
}

type Entry<Section extends keyof PolicyFile> = NonNullable<PolicyFile[Section]>[keyof NonNullable<PolicyFile[Section]>]

function resolveRegistry(
  host: string,
  registry: Entry<'registries'>,
  absolute: (keys: Path, path: string) => string,
): RegistryConfig {
  const { plainHttp, credentials, endpoint, tls, proxy, requestsPerSecond, concurrency } = registry
  const login = credentials && resolveCredentials(credentials, (keys, path) => absolute(['credentials', ...keys], path))
  const defaults = defaultRegistry(host)
  return {
    plainHttp: plainHttp === undefined ? defaults.plainHttp : String(plainHttp) === 'true',
    ...(login !== undefined && { credentials: login }),
    ...(endpoint !== undefined && { endpoint: new URL(endpoint).origin }),
    ...(tls !== undefined && { tls: resolveTls(tls, (key, path) => absolute(['tls', key], path)) }),
    ...(proxy !== undefined && { proxy }),
    requestsPerSecond: Number(requestsPerSecond ?? defaults.requestsPerSecond),
    concurrency: Number(concurrency ?? defaults.concurrency),
  }
}

function resolveCredentials(
  credentials: NonNullable<Entry<'registries'>['credentials']>,
  absolute: (keys: Path, path: string) => string,
): RegistryConfig['credentials'] {
  const { dockerConfig, helper, exec, provider } = credentials
  if (dockerConfig !== undefined) return { dockerConfig: absolute(['dockerConfig'], dockerConfig) }
  if (helper !== undefined) return { helper }
  if (provider !== undefined) return { provider }
  if (exec === undefined) return loginOf(credentials)
  const [program = '', ...args] = exec
  // A name without a slash is looked for on the PATH, as in a shell.
  return { exec: [program.includes('/') ? absolute(['exec', 0], program) : program, ...args] }
}

/** What holds for a registry that the file does not name. */
export function defaultRegistry(host: string): RegistryConfig {
  return {
    ...DEFAULTS.registry,
    ...(host === 'docker.io' && DEFAULTS.dockerHub),
    plainHttp: plainHttpByDefault(host),
  }
}

/** Without a prototype, unlike what `Object.fromEntries` makes. */
function record<From, To>(
  entries: Readonly<Record<string, From>> | undefined,
  resolveEntry: (name: string, entry: From) => [string, To],
): Readonly<Record<string, To>> {
  const result: Record<string, To> = Object.create(null)
  for (const [name, entry] of Object.entries(entries ?? {})) {
    const [key, value] = resolveEntry(name, entry)
    result[key] = value
  }
  return result
}

function folderAt(root: MapNode, path: Path): string {
  return folderOf(locate(root, path).node)
}

function hostOf(text: string | undefined): string {
  return checked(text === undefined ? undefined : tryParseHost(text), text)
}

import { type Repository, repositoryKey } from '../../image/repository.js'
import type { Clock } from '../../lifecycle/clock.js'
import { shareSignal } from '../../lifecycle/share-signal.js'
import type { Proxies } from '../../net/proxies.js'
import type { Allowance } from './allowance.js'
import { readReferringSignatures, readTaggedSignatures } from './attached-signatures.js'
import { type AuthorizedRequest, authorization } from './authorization.js'
import { type Bounds, DEFAULT_BOUNDS } from './bounds.js'
import type { Reading } from './content.js'
import { type CredentialSource, registryCredentials } from './credential-source.js'
import { sendRenewing } from './credentials/renewal.js'
import { describer } from './describe.js'
import { githubPackages, PACKAGE_APIS, type PackageApis } from './github-packages.js'
import type { Answer, RequestRecord } from './http.js'
import { type Access, httpClient } from './http-client.js'
import { digestReader, MANIFEST_ACCEPT } from './manifest.js'
import { NEWEST_APIS, type NewestApis, newestShortcut } from './newest.js'
import { firstPageSize } from './page-size.js'
import { INDEX } from './referrers.js'
import { isRefusal } from './refusal.js'
import type { Registry } from './registry.js'
import type { Shortcut } from './shortcut.js'
import { readTagList } from './tag-list.js'
import { tokenCache } from './tokens.js'

/** What differs from host to host. */
export interface HostSettings extends Omit<Access, 'origin'> {
  /** Ask by HTTP instead of HTTPS. */
  readonly plainHttp: boolean
  /** The origin to ask instead of the host itself, such as `https://mirror.example.com`. */
  readonly endpoint?: string | undefined
  readonly credentials?: CredentialSource | undefined
}

export interface OciRegistryOptions {
  /** The settings of a host, spelled as in `Repository`. Asked at every call, so that they may change. */
  readonly hosts: (host: string) => HostSettings
  /** The proxies of the environment. Default: none. */
  readonly proxies?: Proxies
  readonly clock: Clock
  readonly userAgent: string
  readonly onRequest?: ((record: RequestRecord) => void) | undefined
  readonly onAllowance?: ((allowance: Allowance) => void) | undefined
  readonly bounds?: Partial<Bounds>
  /** APIs that tell whether a long list is as known. Default: those of Docker Hub and Quay. */
  readonly newestApis?: NewestApis
  /** APIs that tell the same of lists that can be read with a password. Default: that of GitHub. */
  readonly packageApis?: PackageApis
}

/**
 * Asks registries that speak the OCI distribution specification, Docker Hub among them, anonymously or with credentials.
 *
 * Registries are not trusted: answers are bounded, and neither credentials nor requests go where a registry may not send them.
 */
export function ociRegistry(options: OciRegistryOptions): Registry {
  const { hosts, clock, newestApis = NEWEST_APIS, packageApis = PACKAGE_APIS } = options
  const bounds = { ...DEFAULT_BOUNDS, ...options.bounds }
  const stopping = new AbortController()
  shareSignal(stopping.signal)
  const originOf = originParser()
  const accessTo = (registry: string): Access => {
    const settings = hosts(registry)
    const { plainHttp, endpoint = `${plainHttp ? 'http' : 'https'}://${addressOf(registry)}` } = settings
    return { ...settings, origin: originOf(endpoint) }
  }
  const http = httpClient({ ...options, bounds, accessTo, proxies: options.proxies ?? { except: '' } })
  const tokens = tokenCache({ http, clock, bounds, stopping: stopping.signal })
  const { send } = authorization(http, tokens)
  const credentials = registryCredentials({ http, clock, bounds, stopping: stopping.signal })
  const packages = githubPackages({ http, clock })
  const describe = describer()
  const readDigest = digestReader()
  const pageSizes = new Map<string, { current: number }>()

  const pageSizeOf = (registry: string) => {
    const size = pageSizes.get(registry) ?? { current: firstPageSize(registry) }
    pageSizes.set(registry, size)
    return size
  }

  const shortcutTo = async (repository: Repository, asking: Asking): Promise<Shortcut | undefined> => {
    const { registry, path } = repository
    const { endpoint, credentials: source } = hosts(registry)
    if (endpoint !== undefined) return undefined // a mirror may lack what the registry itself has already
    const api = Object.hasOwn(newestApis, registry) ? newestApis[registry] : undefined
    if (api !== undefined) return newestShortcut({ http, api, repository, ...asking })
    const origin = Object.hasOwn(packageApis, registry) ? packageApis[registry] : undefined
    if (origin === undefined) return undefined
    const { signal } = asking
    const credential = await credentials.find({ registry, path, origin: accessTo(registry).origin, source, signal })
    return packages.shortcutTo({ origin, repository, credential, ...asking })
  }

  const ask = async (repository: Repository, path: string, request: Question): Promise<Answer> => {
    const { registry } = repository
    const { credentials: source } = hosts(registry)
    const { origin } = accessTo(registry)
    const { signal } = request
    shareSignal(signal)
    const url = new URL(`${origin}/v2/${repository.path}/${path}`)
    const scope = `repository:${repository.path}:pull`
    return sendRenewing({
      credentials,
      request: { registry, path: repository.path, origin, source, signal },
      send: (credential) => send({ ...request, registry, url, scope, credential }),
      isRefusal: (answer) => isRefusal(answer, { url, registry }),
    })
  }

  const reading = (
    repository: Repository,
    blob: Pick<Question, 'operation' | 'maxBytes'>,
    { action, signal }: Pick<Question, 'action' | 'signal'>,
  ): Reading => ({
    read: (kind, reference) =>
      ask(repository, `${kind}/${reference}`, {
        ...(kind === 'manifests'
          ? { operation: 'manifest', headers: { accept: MANIFEST_ACCEPT }, maxBytes: bounds.manifestBytes }
          : blob),
        action,
        method: 'GET',
        signal,
      }),
    action,
    now: () => clock.now(),
  })

  return {
    async listTags(repository, { signal, known }) {
      const action = `Cannot list tags of "${repositoryKey(repository)}"`
      const asking = { action, maxBytes: bounds.pageBytes, signal }
      const page = (query: string) =>
        ask(repository, `tags/list?${query}`, { ...asking, operation: 'tags', method: 'GET' })
      const shortcut = await shortcutTo(repository, asking)
      return readTagList({ page, shortcut, pageSize: pageSizeOf(repository.registry), action, known, clock, bounds })
    },
    resolveDigest(repository, tag, { signal }) {
      const name = `${repositoryKey(repository)}:${tag}`
      const action = `Cannot resolve "${name}"`
      const manifest = (method: 'HEAD' | 'GET', headers: Readonly<Record<string, string>>) =>
        ask(repository, `manifests/${tag}`, {
          operation: 'manifest',
          action,
          method,
          headers,
          maxBytes: bounds.manifestBytes,
          signal,
        })
      return readDigest({ name, manifest, action, now: () => clock.now() })
    },
    describeManifest(repository, digest, { signal }) {
      const action = `Cannot describe "${repositoryKey(repository)}@${digest}"`
      const blob = { operation: 'config', maxBytes: bounds.configBytes } as const
      return describe({ digest, ...reading(repository, blob, { action, signal }) })
    },
    readSignatures(repository, digest, { kept, signal }) {
      const action = `Cannot read signatures of "${repositoryKey(repository)}@${digest}"`
      const blob = { operation: 'signature', maxBytes: bounds.signatureBytes } as const
      const options = { digest, bounds, ...reading(repository, blob, { action, signal }) }
      if (kept === 'tag') return readTaggedSignatures(options)
      const page = (query: string) =>
        ask(repository, `referrers/${digest}${query === '' ? '' : `?${query}`}`, {
          operation: 'referrers',
          action,
          method: 'GET',
          headers: { accept: INDEX },
          maxBytes: bounds.manifestBytes,
          signal,
        })
      return readReferringSignatures({ ...options, page })
    },
    async stop() {
      stopping.abort()
      http.stop()
    },
  }
}

type Asking = Pick<AuthorizedRequest, 'action' | 'maxBytes' | 'signal'>
type Question = Omit<AuthorizedRequest, 'registry' | 'url' | 'scope' | 'credential'>

/** Parses each URL once: every request asks several times where it goes. */
function originParser(): (url: string) => string {
  const origins = new Map<string, string>()
  return (url) => {
    const origin = origins.get(url) ?? new URL(url).origin
    origins.set(url, origin)
    return origin
  }
}

/** Docker Hub answers at another name than its images carry. */
function addressOf(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry
}

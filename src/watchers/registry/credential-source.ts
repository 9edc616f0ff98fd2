import type { Clock } from '../../lifecycle/clock.js'
import type { Bounds } from './bounds.js'
import type { Credential } from './credential.js'
import { askAcr } from './credentials/acr.js'
import { type CredentialQuestion, credentialCache, type Obtained } from './credentials/cache.js'
import { askDockerHelper } from './credentials/docker-credential.js'
import { askEcr } from './credentials/ecr.js'
import { askProgram } from './credentials/exec.js'
import { askGar } from './credentials/gar.js'
import { type DockerConfig, dockerConfig } from './docker-config.js'
import type { Http } from './http.js'

/** Where a registry's credentials come from. */
export type CredentialSource =
  | { readonly username: string; readonly password: string }
  /** The absolute path of a Docker `config.json`, or of a Kubernetes pull secret. */
  | { readonly dockerConfig: string }
  /** What follows `docker-credential-` in the name of a program. */
  | { readonly helper: string }
  /** A program, which is found on the PATH or at a path, and its arguments. */
  | { readonly exec: readonly string[] }
  /** The cloud whose registry it is: Amazon ECR, Google Artifact Registry, Azure Container Registry. */
  | { readonly provider: 'ecr' | 'gar' | 'acr' }

/** What needs a credential. */
export interface CredentialRequest {
  readonly registry: string
  /** The repository's path: some files have credentials for a part of a registry. */
  readonly path: string
  /** Where the registry is really asked. */
  readonly origin: string
  readonly source: CredentialSource | undefined
  readonly signal: AbortSignal
}

export interface Credentials {
  /**
   * The credential for a repository, or undefined where there is none. A file is read once and again whenever it has changed;
   * what a program or a cloud gives is kept until it should be renewed. Throws `RegistryError`, or the signal's reason.
   */
  find(request: CredentialRequest): Promise<Credential | undefined>
  /** Lets go of a credential that the registry refused. */
  forget(credential: Credential): void
}

export interface CredentialsOptions {
  readonly http: Http
  readonly clock: Clock
  readonly bounds: Pick<Bounds, 'tokenBytes'>
  readonly stopping: AbortSignal
}

export function registryCredentials(options: CredentialsOptions): Credentials {
  const configs = new Map<string, DockerConfig>()
  const cache = credentialCache(options)

  return {
    async find(request) {
      const { registry, source, signal } = request
      if (source === undefined) return undefined
      if ('username' in source) return { kind: 'password', username: source.username, password: source.password }
      if (!('dockerConfig' in source)) return cache.get(questionOf(request, source, options), signal)

      const config = configs.get(source.dockerConfig) ?? dockerConfig(source.dockerConfig)
      configs.set(source.dockerConfig, config)
      const { helper, credential } = await config.find(registry, request.path)
      if (helper === undefined) return credential
      return (await cache.get(questionOf(request, { helper }, options), signal)) ?? credential
    },
    forget: cache.forget,
  }
}

type AskedSource = Extract<CredentialSource, { helper: string } | { exec: readonly string[] } | { provider: string }>

function questionOf(
  { registry, origin }: CredentialRequest,
  source: AskedSource,
  options: CredentialsOptions,
): CredentialQuestion {
  const ask = (signal: AbortSignal): Promise<Obtained> => {
    if ('helper' in source) return askDockerHelper(source.helper, registry, signal)
    if ('exec' in source) return askProgram(source.exec, registry, signal)
    if (source.provider === 'ecr') return askEcr(registry, signal)
    if (source.provider === 'gar') return askGar(registry, signal)
    return askAcr(registry, origin, options, signal)
  }
  return {
    key: JSON.stringify([registry, origin, source]),
    action: `Cannot get credentials of "${registry}"`,
    ask,
  }
}

import type { Credential } from './credential.js'
import { type DockerConfig, dockerConfig } from './docker-config.js'

/** Where a registry's credentials come from. */
export type CredentialSource =
  | { readonly username: string; readonly password: string }
  /** The absolute path of a Docker `config.json`. */
  | { readonly dockerConfig: string }

/** Reads sources. Each file is read once and again whenever it has changed. Throws `RegistryError` `CREDENTIALS`. */
export function credentialReader(): (
  registry: string,
  source: CredentialSource | undefined,
) => Promise<Credential | undefined> {
  const configs = new Map<string, DockerConfig>()

  return async (registry, source) => {
    if (source === undefined) return undefined
    if ('username' in source) return { kind: 'password', username: source.username, password: source.password }
    const config = configs.get(source.dockerConfig) ?? dockerConfig(source.dockerConfig)
    configs.set(source.dockerConfig, config)
    return config.find(registry)
  }
}

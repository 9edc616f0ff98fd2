import { ImageError } from './errors.js'

/** A repository of a registry in its canonical form, whatever the spelling: `alpine` is `docker.io` and `library/alpine`. */
export interface Repository {
  /** Host with its port where one was given, such as `ghcr.io` or `127.0.0.1:5000`. */
  readonly registry: string
  readonly path: string
}

const HOST_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const HOST = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`)
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const MAX_LENGTH = 255

const DOCKER_HUB = 'docker.io'
const DOCKER_HUB_SPELLINGS = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io'])

/**
 * Reads a repository's name without tag or digest, such as `ghcr.io/org/app` or `alpine`.
 *
 * What counts as a host follows the reference grammar of the distribution project: the part before the first slash
 * that is `localhost`, has a dot, a port or an upper-case letter. Everything else is on Docker Hub.
 * Throws `ImageError` `INVALID_REPOSITORY`.
 */
export function parseRepository(name: string): Repository {
  const repository = tryParseRepository(name)
  if (repository === undefined) {
    throw new ImageError('INVALID_REPOSITORY', `Cannot parse "${name.slice(0, MAX_LENGTH)}": not a repository name`)
  }
  return repository
}

export function tryParseRepository(name: string): Repository | undefined {
  if (name.length > MAX_LENGTH) return undefined
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const hasHost = first === 'localhost' || /[.:A-Z]/.test(first)
  const registry = hasHost ? first.toLowerCase() : DOCKER_HUB
  const path = hasHost ? name.slice(slash + 1) : name
  if (!HOST.test(registry) || !PATH.test(path)) return undefined
  if (!DOCKER_HUB_SPELLINGS.has(registry)) return { registry, path }
  return { registry: DOCKER_HUB, path: path.includes('/') ? path : `library/${path}` }
}

/** One text per repository, for keys and messages: `docker.io/library/alpine`. */
export function repositoryKey(repository: Repository): string {
  return `${repository.registry}/${repository.path}`
}

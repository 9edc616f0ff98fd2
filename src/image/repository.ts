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
/** The grammar's limit for a path. A host is shorter anyway. */
const MAX_LENGTH = 255

/** A name like this could be the id of an image in Docker's local store. */
const IMAGE_ID = /^[0-9a-f]{64}$/

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
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const host = readsAsHost(first) ? canonicalHost(first) : DOCKER_HUB
  const rest = readsAsHost(first) ? name.slice(slash + 1) : name
  const onDockerHub = DOCKER_HUB_SPELLINGS.has(host)
  const path = onDockerHub && !rest.includes('/') ? `library/${rest}` : rest

  if (host.length > MAX_LENGTH || path.length > MAX_LENGTH || IMAGE_ID.test(name)) return undefined
  if (!HOST.test(host) || !PATH.test(path)) return undefined
  return { registry: onDockerHub ? DOCKER_HUB : host, path }
}

/** One text per repository, for keys and messages: `docker.io/library/alpine`. */
export function repositoryKey(repository: Repository): string {
  return `${repository.registry}/${repository.path}`
}

function readsAsHost(part: string): boolean {
  return part === 'localhost' || /[.:A-Z]/.test(part)
}

// Hosts are case-insensitive, but without its upper case `Foo/app` would read as `foo/app` on Docker Hub.
function canonicalHost(host: string): string {
  const lowerCase = host.toLowerCase()
  return readsAsHost(lowerCase) ? lowerCase : host
}

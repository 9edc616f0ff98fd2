import { tryParseRepository } from '../image/repository.js'

/**
 * The one spelling of a registry's host, such as `docker.io` for `index.docker.io`, or undefined where images cannot name it.
 * A host is what the reference grammar takes for one, so that a key here and an image always agree.
 */
export function tryParseHost(text: string): string | undefined {
  if (text.includes('/')) return undefined
  const repository = tryParseRepository(`${text}/x/y`)
  if (repository?.path !== 'x/y') return undefined
  const port = /:([0-9]+)$/.exec(repository.registry)?.[1]
  return port === undefined || isPort(Number(port)) ? repository.registry : undefined
}

/** Registries on this machine rarely have a certificate. Covers `localhost`, names below it, 127.0.0.0/8 and `[::1]`. */
export function plainHttpByDefault(registry: string): boolean {
  const name = registry.replace(/:[0-9]+$/, '')
  return /^(?:(?:.+\.)?localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/.test(name)
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535
}

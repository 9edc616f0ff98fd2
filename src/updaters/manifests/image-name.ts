import { tryParseReference } from '../../image/reference.js'
import { tryParseRepository } from '../../image/repository.js'
import { type Fields, isEmpty, textOf } from './fields.js'
import type { ScalarNode, Target } from './node.js'

/** What the maps and keys around a map say of it. */
export interface Scope {
  /** Helm's `global.imageRegistry`, from which a chart takes every image. */
  readonly registry?: string
  /** The key that the map or list stands under, and the one above. */
  readonly key: string
  readonly parent: string
}

/**
 * The repository that a map's tag or digest belongs to: `repository`, a bare `image` or `imageName`, or `name`, behind the
 * `registry` beside it. Undefined where the map is about something else.
 *
 * Much has a `name`: it is an image's where a registry stands in it or beside it, or `image` in the keys above.
 */
export function imageName(fields: Fields, scope: Scope): string | undefined {
  const repository = textOf(fields.get('repository')) ?? bareImage(fields)?.value ?? nameOf(fields, scope)
  if (repository === undefined) return undefined
  const own = fields.get('registry')
  const registry = textOf(own)
  if (registry === undefined && !isEmpty(own)) return undefined
  const isGlobal = scope.registry !== undefined && (registry !== undefined || !namesRegistry(repository))
  const prefix = isGlobal ? scope.registry : registry
  const name = prefix === undefined ? repository : `${prefix}/${repository}`
  return tryParseRepository(name) && name
}

function nameOf(fields: Fields, { key, parent }: Scope): string | undefined {
  const name = textOf(fields.get('name'))
  if (name === undefined || fields.has('repository') || fields.has('newTag')) return undefined
  return fields.has('registry') || namesRegistry(name) || IMAGE_KEY.test(key) || IMAGE_KEY.test(parent)
    ? name
    : undefined
}

const IMAGE_KEY = /images?$/i

/** Whether a repository begins with a host: it cannot be taken for anything else then. */
export function namesRegistry(repository: string): boolean {
  return /^(?:localhost|[^/]*[.:][^/]*)\//.test(repository)
}

/** An `image` or `imageName` with neither tag nor digest in itself. */
export function bareImage(fields: Fields): ScalarNode | undefined {
  return [fields.get('image'), fields.get('imageName')].find(isBare)
}

function isBare(field: Target | undefined): field is ScalarNode {
  const reference = field?.type === 'scalar' ? tryParseReference(field.value) : undefined
  return reference !== undefined && reference.tag === undefined && reference.digest === undefined
}

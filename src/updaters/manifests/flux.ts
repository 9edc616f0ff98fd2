import { tryParseRepository } from '../../image/repository.js'
import { ownEntry, textOf } from './fields.js'
import { type MapNode, targetOf } from './node.js'

/** The repository of a Flux OCIRepository's `url: oci://…`. */
export function artifactName(map: MapNode): string | undefined {
  const url = textOf(targetOf(ownEntry(map, 'url')))
  const name = url?.startsWith('oci://') ? url.slice('oci://'.length) : undefined
  return name === undefined || tryParseRepository(name) === undefined ? undefined : name
}

/**
 * The map that has such an artifact's `tag` and `digest`: its `ref`, or itself. Undefined where `ref` has a `semver`, which
 * Flux prefers to a tag.
 */
export function artifactVersion(map: MapNode): MapNode | undefined {
  const ref = targetOf(ownEntry(map, 'ref'))
  if (ref === undefined) return map
  return ref.type === 'map' && ownEntry(ref, 'semver') === undefined ? ref : undefined
}

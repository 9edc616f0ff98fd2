import { tryParseRepository } from '../../image/repository.js'
import { type Fields, ownEntry, textOf } from './fields.js'
import { type MapNode, type Node, targetOf } from './node.js'

/**
 * The entries of kustomize's `images`: in a file that Kustomize reads by its name, in a Kustomization or Component of its
 * own API group, and under the `spec` of Flux's Kustomization, which takes the same entries.
 */
export function kustomizeEntries(file: string, root: Node | undefined): ReadonlySet<MapNode> {
  const object = mapOf(root)
  const group = scalarText(ownEntry(object, 'apiVersion'))?.split('/')[0]
  const kind = scalarText(ownEntry(object, 'kind'))
  if (group === 'kustomize.toolkit.fluxcd.io' && kind === 'Kustomization')
    return entriesOf(mapOf(ownEntry(object, 'spec')))
  const isKustomize = group === 'kustomize.config.k8s.io' && (kind === 'Kustomization' || kind === 'Component')
  return isKustomize || FILE_NAME.test(file) ? entriesOf(object) : new Set()
}

/** The names that `kustomize build` looks for. */
const FILE_NAME = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/

/** The repository after kustomize's change: the `name` is only what it looks for. */
export function kustomizeName(fields: Fields): string | undefined {
  const name = textOf(fields.get('newName')) ?? textOf(fields.get('name'))
  return name === undefined || tryParseRepository(name) === undefined ? undefined : name
}

/** The maps of `images`, such as `{name, newName, newTag, digest}`. */
export function entriesOf(map: MapNode | undefined): ReadonlySet<MapNode> {
  const images = targetOf(ownEntry(map, 'images'))
  const items = images?.type === 'list' ? images.items : []
  return new Set(items.map(mapOf).filter((item) => item !== undefined))
}

function mapOf(node: Node | undefined): MapNode | undefined {
  const target = targetOf(node)
  return target?.type === 'map' ? target : undefined
}

function scalarText(node: Node | undefined): string | undefined {
  const target = targetOf(node)
  return target?.type === 'scalar' ? target.value : undefined
}

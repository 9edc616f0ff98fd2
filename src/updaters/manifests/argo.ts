import { type Fields, ownEntry, textOf } from './fields.js'
import type { Finding } from './finding.js'
import { type MapNode, type Node, type ScalarNode, type Target, targetOf } from './node.js'
import { tryParsePart } from './part.js'

/**
 * An item of Argo CD's `kustomize.images`, `name=newName:tag@digest`: the place is what stands behind the `=`. Without one the
 * item is a reference like any other.
 */
export function readKustomizeImage({
  start,
  end,
  value,
}: ScalarNode): Pick<Finding, 'kind' | 'image' | 'within'> | undefined {
  const equals = value.indexOf('=')
  const renamed = value.slice(equals + 1)
  const image = equals === -1 ? undefined : tryParsePart('reference', renamed)
  // With an escape in it, the value is not what stands in the file.
  if (image === undefined || end - start !== value.length) return undefined
  return { kind: 'reference', image, within: { start: start + equals + 1, end, value: renamed } }
}

/** Parameters whose names differ in the last part only, such as `image.repository` and `image.tag`. */
export interface ParameterGroup {
  /** The last part of what they have in common, such as `image`. */
  readonly key: string
  readonly fields: Fields
  /** The maps `{name, value}` that the fields come from. */
  readonly maps: readonly MapNode[]
}

/** The `helm.parameters` of an Argo CD application, as the maps that they stand for. */
export function parameterGroups(parameters: readonly MapNode[]): readonly ParameterGroup[] {
  const groups = new Map<
    string,
    { readonly key: string; readonly fields: Map<string, Target>; readonly maps: MapNode[] }
  >()
  for (const map of parameters) {
    const name = textOf(targetOf(ownEntry(map, 'name')))
    const value = targetOf(ownEntry(map, 'value'))
    if (name === undefined || value === undefined) continue
    const [last = '', key = ''] = name.split('.').reverse()
    const prefix = name.slice(0, name.length - last.length)
    const group = groups.get(prefix) ?? { key, fields: new Map<string, Target>(), maps: [] as MapNode[] }
    groups.set(prefix, group)
    group.fields.set(last, value)
    group.maps.push(map)
  }
  return [...groups.values()]
}

/** The parameter `global.imageRegistry`. A subchart's own is not all images'. */
export function registryParameter(parameters: readonly MapNode[]): string | undefined {
  const map = parameters.find((parameter) => textOf(targetOf(ownEntry(parameter, 'name'))) === 'global.imageRegistry')
  return textOf(targetOf(ownEntry(map, 'value')))
}

/** The maps of the `parameters` below `helm`. */
export function parametersOf(helm: Node | undefined): readonly MapNode[] {
  const map = targetOf(helm)
  const parameters = map?.type === 'map' ? targetOf(ownEntry(map, 'parameters')) : undefined
  const items: readonly Node[] = parameters?.type === 'list' ? parameters.items : []
  return items.map(targetOf).filter((item) => item?.type === 'map')
}

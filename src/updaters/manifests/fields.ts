import { type MapNode, type Node, type Target, targetOf } from './node.js'

/** The values of a map by key, with what it merges by `<<` and aliases replaced by what they stand for. */
export type Fields = ReadonlyMap<string, Target>

/** The keys that say something of an image. Others are left out, so that what is remembered stays small. */
const KNOWN = new Set([
  'image',
  'registry',
  'repository',
  'tag',
  'digest',
  'sha',
  'name',
  'newName',
  'newTag',
  'newDigest',
])

/** Reads the fields of a document's maps. What a map merges is read once, however often it is merged. */
export function fieldReader(): (map: MapNode) => Fields {
  const known = new Map<MapNode, Fields>()
  return read

  function read(map: MapNode): Fields {
    const before = known.get(map)
    if (before !== undefined) return before
    const own = new Map<string, Target>()
    const merged = new Map<string, Target>()
    for (const { key, value } of map.entries) {
      const name = key.type === 'scalar' ? key.value : ''
      const target = targetOf(value)
      if (target === undefined) continue
      if (KNOWN.has(name)) own.set(name, target)
      // Of merged maps the first that has a key gives its value (YAML's merge key type, version 1.1).
      else if (name === '<<') for (const source of mergedMaps(target)) addMissing(merged, read(source))
    }
    addMissing(own, merged)
    known.set(map, own)
    return own
  }
}

function mergedMaps(node: Node): readonly MapNode[] {
  const target = targetOf(node)
  if (target?.type === 'map') return [target]
  if (target?.type !== 'list') return []
  return target.items.map(targetOf).filter((item) => item?.type === 'map')
}

function addMissing(to: Map<string, Target>, from: Fields): void {
  for (const [key, value] of from) if (!to.has(key)) to.set(key, value)
}

/** The text of a field that has one: neither absent, nor empty, nor null, nor a collection. */
export function textOf(field: Target | undefined): string | undefined {
  return isEmpty(field) || field?.type !== 'scalar' ? undefined : field.value
}

export function isEmpty(field: Target | undefined): boolean {
  return field === undefined || (field.type === 'scalar' && (field.value === '' || field.resolvesTo === 'null'))
}

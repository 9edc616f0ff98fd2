import { type ListNode, type MapNode, type Node, type Target, targetOf } from './node.js'

/** The values of a map by key, with what it merges by `<<` and aliases replaced by what they stand for. */
export type Fields = ReadonlyMap<string, Target>

/** The keys that say something of an image. Others are left out, so that what is remembered stays small. */
const KNOWN = new Set([
  'image',
  'imageName',
  'registry',
  'repository',
  'tag',
  'digest',
  'sha',
  'sha256',
  'imageDigest',
  'version',
  'chart',
  'name',
  'newName',
  'newTag',
  'newDigest',
  'kind',
  'build',
])

/** Stands for any other key with a digest: one is enough, and a map that many merge may have thousands. */
const OTHER_DIGEST = '*Digest'

/** Nobody merges what merges what merges so often, and each step is a step deeper into the stack. */
const DEEPEST_MERGE = 100

/**
 * Reads the fields of a document's maps. What a map or a list of maps gives to those that merge it is read once, however
 * often it is merged.
 */
export function fieldReader(): (map: MapNode) => Fields {
  const known = new Map<Target, Fields>()
  return (map) => fieldsOf(map, 0)

  function fieldsOf(target: MapNode | ListNode, depth: number): Fields {
    const before = known.get(target)
    if (before !== undefined) return before
    const fields = target.type === 'map' ? ofMap(target, depth) : ofMerged(target.items, depth)
    known.set(target, fields)
    return fields
  }

  function ofMap(map: MapNode, depth: number): Fields {
    const own = new Map<string, Target>()
    const merged: Node[] = []
    for (const { key, value } of map.entries) {
      const name = key.type === 'scalar' ? key.value : ''
      const target = targetOf(value)
      if (target === undefined) continue
      if (KNOWN.has(name)) own.set(name, target)
      else if (name.endsWith('Digest') && isHash(target)) own.set(OTHER_DIGEST, target)
      else if (name === '<<') merged.push(target)
    }
    addMissing(own, ofMerged(merged, depth))
    return own
  }

  // Of merged maps the first that has a key gives its value (YAML's merge key type, version 1.1).
  function ofMerged(sources: readonly Node[], depth: number): Fields {
    const merged = new Map<string, Target>()
    if (depth > DEEPEST_MERGE) return merged
    for (const source of sources) {
      const target = targetOf(source)
      if (target !== undefined && target.type !== 'scalar') addMissing(merged, fieldsOf(target, depth + 1))
    }
    return merged
  }
}

function addMissing(to: Map<string, Target>, from: Fields): void {
  for (const [key, value] of from) if (!to.has(key)) to.set(key, value)
}

/** The value of a key of the map itself: neither merged nor an alias's. */
export function ownEntry(map: MapNode | undefined, name: string): Node | undefined {
  return map?.entries.find(({ key }) => key.type === 'scalar' && key.value === name)?.value
}

/** The text of a field that has one: neither absent, nor empty, nor null, nor a collection. */
export function textOf(field: Target | undefined): string | undefined {
  return isEmpty(field) || field?.type !== 'scalar' ? undefined : field.value
}

/**
 * Whether a field has a digest that none of ours can take the place of: without its algorithm, as kube-prometheus-stack has it,
 * or under a name of the chart's own, such as Cilium's `genericDigest`. Beside a `digest`, that is another image's.
 */
export function hasForeignDigest(fields: Fields, isOne = (field: Target | undefined) => !isEmpty(field)): boolean {
  if (FOREIGN_DIGESTS.some((key) => isOne(fields.get(key)))) return true
  return fields.has(OTHER_DIGEST) && !fields.has('digest')
}

/** Whether a field ends with a SHA-256 digest, with its algorithm or without. */
export function isHash(field: Target | undefined): boolean {
  return /^[0-9a-f]{64}$/.test((textOf(field) ?? '').slice(-64))
}

export const FOREIGN_DIGESTS = ['sha', 'sha256', 'imageDigest']

export function isEmpty(field: Target | undefined): boolean {
  return field === undefined || (field.type === 'scalar' && (field.value === '' || field.resolvesTo === 'null'))
}

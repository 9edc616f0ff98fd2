import { isDigest } from '../../image/digest.js'
import { parameterGroups, parametersOf, readKustomizeImage, registryParameter } from './argo.js'
import { createCollector } from './collector.js'
import { type Fields, fieldReader, hasForeignDigest, isEmpty, isHash, ownEntry, textOf } from './fields.js'
import type { Discovery, Doubt, Finding } from './finding.js'
import { artifactName, artifactVersion } from './flux.js'
import { bareImage, imageName, namesRegistry, type Scope } from './image-name.js'
import { entriesOf, kustomizeEntries, kustomizeName } from './kustomize.js'
import { isReplaceable, type MapNode, type Node, type ScalarNode, type Target, targetOf } from './node.js'
import { type Pinning, pairOf } from './pair.js'
import { fillEmpty, keyBehind } from './pin.js'
import { readReference } from './reference.js'

/**
 * Finds what belongs to an image in a YAML document, wherever it stands:
 *
 * - references: `image` and `imageName` of Kubernetes objects, custom resources and docker-compose, a volume's
 *   `image.reference`, and what `images` lists;
 * - tags and digests beside a repository, as Helm values have them, and Argo CD's parameters for Helm;
 * - kustomize's `images`, and Argo CD's;
 * - what Flux takes from an `oci://` address.
 */
export function discover(file: string, text: string, root: Node | undefined): Discovery {
  const fieldsOf = fieldReader()
  const kustomized = new Set(kustomizeEntries(file, root))
  const { add, hide, discovery } = createCollector()

  visit(root, { key: '', parent: '' })
  return discovery()

  function visit(node: Node | undefined, scope: Scope): void {
    if (node?.type === 'list') for (const item of node.items) visitItem(item, scope)
    if (node?.type === 'map') visitMap(node, scope)
  }

  function visitItem(item: Node, scope: Scope): void {
    const target = targetOf(item)
    if (scope.key === 'images' && target?.type === 'scalar') addListed(target, undefined)
    visit(item, { ...scope, key: '', parent: scope.key })
  }

  function visitMap(map: MapNode, scope: Scope): void {
    const fields = fieldsOf(map)
    // A schema's defaults and examples are its author's, and say nothing of what runs here.
    if (textOf(fields.get('kind')) === 'CustomResourceDefinition') return
    const registry = globalRegistry(map) ?? scope.registry
    const inner = { ...(registry !== undefined && { registry }) }
    addArtifact(map)
    addPair(map, fields, { ...scope, ...inner })
    for (const { key, value } of map.entries) {
      const name = key.type === 'scalar' ? key.value : ''
      const target = targetOf(value)
      if (name === 'helm') addParameters(value, { ...scope, ...inner })
      if (name === 'kustomize' && target?.type === 'map') for (const entry of entriesOf(target)) kustomized.add(entry)
      if (target?.type === 'scalar') addValue(name, target, fields, scope)
      visit(value, { ...inner, key: name, parent: scope.key })
    }
  }

  function addValue(name: string, scalar: ScalarNode, fields: Fields, { key, parent }: Scope): void {
    // What docker-compose builds, it gives the image's name to (Compose file specification, "build").
    if ((parent === 'services' || key.startsWith('x-')) && !isEmpty(fields.get('build'))) return
    const isImage = name === 'image' || name === 'imageName' || (name === 'reference' && key === 'image')
    if (isImage) addReference(scalar, fields)
    else if (key === 'images' && !fields.has(name)) addListed(scalar, fields.get('registry'))
  }

  function addReference(scalar: ScalarNode, fields: Fields): void {
    if (scalar.resolvesTo !== 'text' || !isReplaceable(scalar)) return
    const registry = fields.get('registry')
    if (!isEmpty(registry) && textOf(registry) === undefined) return
    const found = readReference(scalar, textOf(registry))
    if (found === undefined) return
    if ('message' in found) add({ scalar, message: found.message })
    else for (const finding of withDigest({ scalar, ...found }, fields)) add(finding)
  }

  /** Items of Argo CD's `kustomize.images` rename too. A bare word of a list may be anything. */
  function addListed(scalar: ScalarNode, beside: Target | undefined): void {
    if (scalar.resolvesTo !== 'text' || !isReplaceable(scalar)) return
    const registry = namesRegistry(scalar.value) ? undefined : textOf(beside)
    const found = readKustomizeImage(scalar) ?? readReference(scalar, registry)
    if (found === undefined) return
    if ('message' in found) {
      if (registry !== undefined) add({ scalar, message: found.message })
      return
    }
    if ((found.image.tag ?? found.image.digest) !== undefined) withDigest({ scalar, ...found }, NO_FIELDS).forEach(add)
  }

  function addPair(map: MapNode, fields: Fields, scope: Scope): void {
    if (!PAIRED.some((key) => fields.has(key))) return
    const isKustomize = kustomized.has(map)
    const name = isKustomize ? kustomizeName(fields) : imageName(fields, scope)
    const found = pairOf(fields, name, isKustomize ? keyed(map) : inTag([map]))
    const bare = bareImage(fields)
    if (bare !== undefined && (found.length > 0 || !fields.has('version'))) hide(bare)
    found.forEach(add)
  }

  function addArtifact(map: MapNode): void {
    const name = artifactName(map)
    const version = name === undefined ? undefined : artifactVersion(map)
    if (version !== undefined) pairOf(fieldsOf(version), name, keyed(version)).forEach(add)
  }

  function addParameters(helm: Node | undefined, scope: Scope): void {
    const parameters = parametersOf(helm)
    const registry = registryParameter(parameters)
    const inner = { ...scope, ...(registry !== undefined && { registry }) }
    for (const { key, fields, maps } of parameterGroups(parameters)) {
      const image = fields.get('image')
      if (image?.type === 'scalar' && image !== bareImage(fields)) addReference(image, fields)
      pairOf(fields, imageName(fields, { ...inner, key }), inTag(maps)).forEach(add)
    }
  }

  /** Kustomize and Flux have a key for the digest. */
  function keyed(map: MapNode): Pinning {
    return { fill: (digest) => fillEmpty(text, [map], digest), add: (tag) => keyBehind(text, map, tag) }
  }

  /** Charts write `repository:tag`, which takes a digest behind the tag. */
  function inTag(maps: readonly MapNode[]): Pinning {
    return { fill: (digest) => fillEmpty(text, maps, digest), add: () => 'inside' }
  }
}

/** Where one of these stands beside a bare `image`, that is no reference of its own. */
const PAIRED = ['tag', 'newTag', 'digest', 'newDigest', 'sha', 'version']

/** A reference, and the digest beside it: they are one decision. */
function withDigest(found: Finding, fields: Fields): readonly (Finding | Doubt)[] {
  const { scalar, image } = found
  const beside = fields.get('digest')
  // Beside a reference, a `sha` may as well be a commit's.
  const hasForeign = hasForeignDigest(fields, isHash)
  if (image.digest !== undefined) return [found]
  if (isEmpty(beside) && !hasForeign) return [{ ...found, pin: 'inside' }]
  if (image.tag === undefined) return [found]
  if (hasForeign || beside?.type !== 'scalar' || !isReplaceable(beside) || !isDigest(beside.value))
    return [{ scalar, message: 'Left alone: the digest beside it cannot be read' }]
  const whole = { ...image, digest: beside.value }
  return [
    { ...found, image: whole, partner: beside },
    { scalar: beside, kind: 'digest', image: whole, partner: scalar },
  ]
}

const NO_FIELDS: Fields = new Map()

/** The `global.imageRegistry` of Helm values, which counts for all that stands beside `global`. */
function globalRegistry(map: MapNode): string | undefined {
  const global = targetOf(ownEntry(map, 'global'))
  return global?.type === 'map' ? textOf(targetOf(ownEntry(global, 'imageRegistry'))) : undefined
}

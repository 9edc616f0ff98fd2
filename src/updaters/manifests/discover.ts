import { repositoryKey, tryParseRepository } from '../../image/repository.js'
import { fieldReader, isEmpty } from './fields.js'
import type { Discovery, Doubt, Finding } from './finding.js'
import { kustomizeEntries, kustomizeName } from './kustomize.js'
import { isReplaceable, type MapNode, type Node, type ScalarNode, type Target, targetOf } from './node.js'
import { bareImage, helmName, isDoubt, pairOf } from './pair.js'
import { tryParsePart } from './part.js'

/**
 * Finds what belongs to an image in a YAML document:
 *
 * - any `image:` that is a reference: Kubernetes containers and custom resources, docker-compose services;
 * - tags and digests beside a repository, as Helm values have them;
 * - kustomize's `images`.
 */
export function discover(file: string, root: Node | undefined): Discovery {
  const fieldsOf = fieldReader()
  const kustomized = kustomizeEntries(file, root)
  const findings = new Map<ScalarNode, Finding>()
  const doubts = new Map<ScalarNode, Doubt>()
  const bare = new Set<ScalarNode>()

  visit(root)
  for (const scalar of doubts.keys()) findings.delete(scalar)
  for (const scalar of bare) {
    findings.delete(scalar)
    doubts.delete(scalar)
  }
  return { findings, doubts }

  function visit(node: Node | undefined): void {
    if (node?.type === 'list') for (const item of node.items) visit(item)
    if (node?.type !== 'map') return
    addPair(node)
    for (const { key, value } of node.entries) {
      if (key.type === 'scalar' && key.value === 'image') addReference(targetOf(value), node)
      visit(value)
    }
  }

  function addReference(target: Target | undefined, map: MapNode): void {
    if (target?.type !== 'scalar' || target.resolvesTo !== 'text' || !isReplaceable(target)) return
    const image = tryParsePart('reference', target.value)
    if (image === undefined) return
    const scalar = target
    if (isEmpty(fieldsOf(map).get('registry'))) add({ scalar, kind: 'reference', image })
    else doubts.set(scalar, { scalar, message: 'Left alone: a registry stands beside the reference' })
  }

  function addPair(map: MapNode): void {
    const fields = fieldsOf(map)
    if (!PAIRED.some((key) => fields.has(key))) return
    const image = bareImage(fields)
    if (image !== undefined) bare.add(image)
    for (const found of pairOf(fields, kustomized.has(map) ? kustomizeName(fields) : helmName(fields))) {
      if (isDoubt(found)) doubts.set(found.scalar, found)
      else add(found)
    }
  }

  // An alias or a merge leads to the same scalar from several maps.
  function add(finding: Finding): void {
    const { scalar, image } = finding
    const before = findings.get(scalar)?.image.name
    if (before === undefined) findings.set(scalar, finding)
    else if (image.name !== undefined && !isSameRepository(before, image.name)) {
      doubts.set(scalar, { scalar, message: `Left alone: "${before}" and "${image.name}" share it` })
    }
  }
}

/** Where one of these stands beside a bare `image`, that is no reference of its own. */
const PAIRED = ['tag', 'newTag', 'digest', 'newDigest', 'sha']

function isSameRepository(a: string, b: string): boolean {
  const [one, other] = [tryParseRepository(a), tryParseRepository(b)]
  return one !== undefined && other !== undefined && repositoryKey(one) === repositoryKey(other)
}

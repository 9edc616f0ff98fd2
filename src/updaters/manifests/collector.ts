import { repositoryKey, tryParseRepository } from '../../image/repository.js'
import { type Discovery, type Doubt, type Finding, isDoubt } from './finding.js'
import type { ScalarNode } from './node.js'

/** Gathers what discovery finds. A doubt weighs more than a finding, and what is hidden is neither. */
export interface Collector {
  readonly add: (found: Finding | Doubt) => void
  /** A part of an image that is no place of its own. */
  readonly hide: (scalar: ScalarNode) => void
  readonly discovery: () => Discovery
}

export function createCollector(): Collector {
  const findings = new Map<ScalarNode, Finding>()
  const doubts = new Map<ScalarNode, Doubt>()
  const hidden = new Set<ScalarNode>()

  return {
    add(found) {
      if (isDoubt(found)) doubts.set(found.scalar, found)
      else addFinding(found)
    },
    hide(scalar) {
      hidden.add(scalar)
    },
    discovery() {
      for (const scalar of doubts.keys()) findings.delete(scalar)
      for (const scalar of hidden) {
        findings.delete(scalar)
        doubts.delete(scalar)
      }
      return { findings, doubts }
    },
  }

  // An alias or a merge leads to the same scalar from several maps.
  function addFinding(finding: Finding): void {
    const { scalar, image } = finding
    const before = findings.get(scalar)?.image.name
    if (before === undefined) findings.set(scalar, finding)
    else if (image.name !== undefined && !isSameRepository(before, image.name)) {
      doubts.set(scalar, { scalar, message: `Left alone: "${before}" and "${image.name}" share it` })
    }
  }
}

function isSameRepository(a: string, b: string): boolean {
  const [one, other] = [tryParseRepository(a), tryParseRepository(b)]
  return one !== undefined && other !== undefined && repositoryKey(one) === repositoryKey(other)
}

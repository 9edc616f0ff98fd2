import type { KeyPath } from '../../policies/key-path.js'
import type { Discovery } from './finding.js'
import type { ScalarNode } from './node.js'
import { encode, keysOf, offsetOf, resolvePath, type Stop } from './path.js'
import type { DeadEnd } from './place.js'

/** A path as the policy file spells it, and as it was read. */
export interface FollowedPath {
  readonly text: string
  readonly steps: KeyPath
}

/** That paths lead to a scalar. */
export interface Claim {
  readonly paths: readonly string[]
  /** Those that name it, and do not end with any key or item. */
  readonly naming: readonly string[]
  /** Whether the key says that an image stands there, so that one word is its name and no tag. */
  readonly isImage: boolean
}

/** What paths lead to in a part of a file. */
export interface Claims {
  readonly scalars: ReadonlyMap<ScalarNode, Claim>
  /** Of the paths that lead to no scalar. */
  readonly stops: ReadonlyMap<string, Stop>
}

/** Follows paths through a document. A tag and the digest beside it are one decision: a path that leads to one leads to both. */
export function claimsOf(
  root: Parameters<typeof resolvePath>[0],
  paths: readonly FollowedPath[],
  findings: Discovery['findings'],
): Claims {
  const scalars = new Map<ScalarNode, Claim>()
  const stops = new Map<string, Stop>()
  for (const { text, steps } of paths) {
    const reached = resolvePath(root, steps)
    if ('reason' in reached) {
      stops.set(text, reached)
      continue
    }
    const values = reached.filter((target) => target.type === 'scalar')
    for (const scalar of values) {
      claim(scalar, text, steps)
      const partner = findings.get(scalar)?.partner
      if (partner !== undefined) claim(partner, text, steps)
    }
    const [target] = reached
    if (values.length > 0 || target === undefined || target.type === 'scalar') continue
    const kind = target.type === 'list' ? `a list of ${target.items.length}` : `a map (${keysOf(target)})`
    stops.set(text, { depth: steps.length, offset: offsetOf(target), reason: `it leads to ${kind}` })
  }
  return { scalars, stops }

  function claim(scalar: ScalarNode, path: string, steps: KeyPath): void {
    const before = scalars.get(scalar)
    if (before?.paths.includes(path)) return
    const key = steps.findLast((step) => step.type === 'key')?.key ?? ''
    const naming = steps.at(-1)?.type === 'any' ? [] : [path]
    scalars.set(scalar, {
      paths: [...(before?.paths ?? []), path],
      naming: [...(before?.naming ?? []), ...naming],
      isImage: before?.isImage ?? IMAGE_KEY.test(key),
    })
  }
}

const IMAGE_KEY = /image(?:s|Name)?$/i

/**
 * That a path leads nowhere in a file, as far as can be told without parsing it: one of the keys on the way stands nowhere in the
 * text. The last one is not looked for, as what stands beside it is worth telling.
 */
export function absentIn(text: string, { text: path, steps }: FollowedPath): DeadEnd | undefined {
  // In quotes, a key can be written in many ways.
  if (text.includes('\\')) return undefined
  const keys = steps.slice(0, -1).flatMap((step) => (step.type === 'key' && !/^\d+$/.test(step.key) ? step.key : []))
  const absent = keys.find((key) => !text.includes(encode(key)))
  return absent === undefined ? undefined : { path, depth: -1, line: 1, reason: `the file has no key "${absent}"` }
}

/** The claims on a text that is no YAML: no path leads anywhere. */
export function noClaims(paths: readonly FollowedPath[]): Claims {
  const stop = { depth: -1, offset: undefined, reason: 'the file is no YAML' }
  return { scalars: new Map(), stops: new Map(paths.map(({ text }) => [text, stop])) }
}

/** The paths that lead to no scalar in any part of a file, each with how far it leads at most. */
export function deadEndsOf(parts: readonly Claims[], lineOf: (offset: number) => number): readonly DeadEnd[] {
  const [first, ...others] = parts.map(({ stops }) => stops)
  return [...(first ?? [])].flatMap(([path, stop]) => {
    const stops = [stop, ...others.flatMap((other) => other.get(path) ?? [])]
    if (stops.length < parts.length) return []
    const { depth, offset = 0, reason } = stops.reduce((a, b) => (b.depth > a.depth ? b : a))
    return [{ path, depth, line: lineOf(offset), reason }]
  })
}

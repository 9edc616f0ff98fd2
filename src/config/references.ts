import type { Fault } from './errors.js'
import { tryParseHost } from './host.js'
import { suggestion } from './nearest.js'
import { entriesAt, formatPath, locate, type MapNode, type Path, type Position, textAt } from './node.js'

/** What only the whole configuration shows: names that nothing bears, and things that bear two names. */
export function checkReferences(root: MapNode): readonly Fault[] {
  const faults: Fault[] = [...unknownGit(root), ...sameHosts(root)]
  if (!root.entries.has('policies')) {
    faults.push({ ...root.at, path: 'policies', message: 'missing, expected a map of policies' })
  }
  return faults
}

function* unknownGit(root: MapNode): Generator<Fault> {
  const known = entriesAt(root, ['git'])
  for (const [policy, { value }] of entriesAt(root, ['policies'])) {
    const { node: write, found } = locate(value, ['write'])
    if (!found || write.kind !== 'list') continue
    for (const index of write.items.keys()) {
      const path: Path = ['policies', policy, 'write', index, 'git']
      const name = textAt(root, path)
      const { node } = locate(root, path)
      if (name === undefined || known.has(name) || node.kind !== 'scalar' || node.interpolation?.failed) continue
      const shown = JSON.stringify(node.interpolation?.written ?? name)
      const hint = node.interpolation === undefined ? suggestion(name, known.keys()) : ''
      yield { ...node.at, path: formatPath(path), message: `no entry of "git" has the name ${shown}${hint}` }
    }
  }
}

function* sameHosts(root: MapNode): Generator<Fault> {
  const seen = new Map<string, { readonly spelling: string; readonly key: Position }>()
  for (const [spelling, { key }] of entriesAt(root, ['registries'])) {
    const host = tryParseHost(spelling)
    if (host === undefined) continue
    const first = seen.get(host)
    if (first === undefined) seen.set(host, { spelling, key })
    else {
      const place = `${first.key.file}:${first.key.line}:${first.key.column}`
      const message = `the same registry as ${JSON.stringify(first.spelling)} at ${place}`
      yield { ...key, path: formatPath(['registries', spelling]), message }
    }
  }
}

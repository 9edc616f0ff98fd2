import type { Fault } from './errors.js'
import { type Entry, formatPath, type MapNode } from './node.js'

/** Sections whose entries may be spread over files. Every other key has one place. */
const SPREAD = new Set(['registries', 'git', 'policies', 'webhooks'])

/** Joins the roots of several files. What is given twice stays as it was first, and is a fault. */
export function merge(roots: readonly [MapNode, ...MapNode[]]): {
  readonly root: MapNode
  readonly faults: readonly Fault[]
} {
  const faults: Fault[] = []
  const top = new Map<string, Entry>()
  const sections = new Map<string, Map<string, Entry>>()
  for (const root of roots) {
    for (const [key, entry] of root.entries) {
      const section = sections.get(key)
      if (entry.value.kind !== 'map' || !SPREAD.has(key)) {
        add(top, [key], entry, faults)
      } else if (section === undefined) {
        const entries = new Map(entry.value.entries)
        sections.set(key, entries)
        add(top, [key], { ...entry, value: { ...entry.value, entries } }, faults)
      } else {
        for (const [name, inner] of entry.value.entries) add(section, [key, name], inner, faults)
      }
    }
  }
  return { root: { ...roots[0], entries: top }, faults }
}

function add(entries: Map<string, Entry>, path: readonly [string, ...string[]], entry: Entry, faults: Fault[]): void {
  const key = path[path.length - 1] ?? path[0]
  const first = entries.get(key)?.key
  if (first === undefined) entries.set(key, entry)
  else {
    const message = `given twice, first at ${first.file}:${first.line}:${first.column}`
    faults.push({ ...entry.key, path: formatPath(path), message })
  }
}

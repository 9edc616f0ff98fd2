import type { Oid, TreeEntry } from './repository.js'

/** Trees that were read, until they have more than `maxEntries` together; then those not asked for the longest go. */
export interface TreeCache {
  get(oid: Oid): readonly TreeEntry[] | undefined
  set(oid: Oid, entries: readonly TreeEntry[]): void
}

export function treeCache(maxEntries: number): TreeCache {
  const trees = new Map<Oid, readonly TreeEntry[]>()
  let total = 0

  function remove(oid: Oid): void {
    total -= weight(trees.get(oid))
    trees.delete(oid)
  }

  return {
    get(oid) {
      const entries = trees.get(oid)
      if (entries === undefined) return undefined
      trees.delete(oid)
      trees.set(oid, entries)
      return entries
    },
    set(oid, entries) {
      remove(oid)
      trees.set(oid, entries)
      total += weight(entries)
      for (const oldest of trees.keys()) {
        if (total <= maxEntries) break
        remove(oldest)
      }
    },
  }
}

// An empty tree is an entry too, so that the count of trees is bounded.
function weight(entries: readonly TreeEntry[] | undefined): number {
  return entries === undefined ? 0 : entries.length + 1
}

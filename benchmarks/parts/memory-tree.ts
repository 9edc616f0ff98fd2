import type { GitRepository, Snapshot, TreeEntry } from '../../src/updaters/git/repository.js'
import type { Files } from '../../test/parts/git-server.js'

/** A branch whose trees and blobs are all in memory. */
export interface MemoryTree {
  readonly repository: Pick<GitRepository, 'readTree' | 'readBlobs'>
  snapshot(): Snapshot
  /** Changes a file: it and the folders above it get new object ids. */
  change(path: string, bytes: Uint8Array): void
}

export function memoryTree(files: Files): MemoryTree {
  const blobs = new Map<string, Uint8Array>()
  const trees = new Map<string, Folder>()
  let last = 0
  const root = newFolder()
  for (const [path, content] of Object.entries(files)) change(path, Buffer.from(content))

  return {
    repository: {
      async readTree(oid) {
        return [...(trees.get(oid)?.entries.values() ?? [])]
      },
      async *readBlobs(oids) {
        for (const oid of oids) yield { oid, bytes: blobs.get(oid) ?? new Uint8Array() }
      },
    },
    snapshot: () => ({ branch: 'main', commit: root.oid, tree: root.oid }),
    change,
  }

  function change(path: string, bytes: Uint8Array): void {
    const names = path.split('/')
    const name = names.pop() ?? ''
    const above: [Folder, string][] = []
    let folder = root
    for (const each of names) {
      above.push([folder, each])
      const child = folder.folders.get(each) ?? newFolder()
      folder.folders.set(each, child)
      folder = child
    }
    const oid = newOid()
    blobs.set(oid, bytes)
    folder.entries.set(name, { name, type: 'file', oid })
    renew(folder)
    for (const [parent, child] of above.reverse()) {
      parent.entries.set(child, { name: child, type: 'tree', oid: parent.folders.get(child)?.oid ?? '' })
      renew(parent)
    }
  }

  function newFolder(): Folder {
    return { oid: newOid(), entries: new Map(), folders: new Map() }
  }

  function renew(folder: Folder): void {
    trees.delete(folder.oid)
    folder.oid = newOid()
    trees.set(folder.oid, folder)
  }

  function newOid(): string {
    return (++last).toString(16).padStart(40, '0')
  }
}

interface Folder {
  oid: string
  readonly entries: Map<string, TreeEntry>
  readonly folders: Map<string, Folder>
}

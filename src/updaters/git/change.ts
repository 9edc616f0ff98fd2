import { GitError } from './errors.js'
import { locateEntries, objectId } from './objects.js'
import type { NewObject } from './pack.js'
import type { FileChange, Oid } from './repository.js'

/** The new root of a tree, and the blobs and trees that the change makes. */
export interface ChangedTree {
  readonly tree: Oid
  readonly objects: ReadonlyMap<Oid, NewObject>
}

/**
 * Replaces files in a tree. Of each tree on the way only the 20 bytes of an object id change, so that modes, order and entries of any
 * kind stay as they are. Throws `UNSUPPORTED` for a path that is not a file there, or is given twice.
 */
export async function changeFiles(
  root: Oid,
  changes: readonly FileChange[],
  readTree: (oid: Oid) => Promise<Buffer>,
): Promise<ChangedTree> {
  const objects = new Map<Oid, NewObject>()
  const add = (object: NewObject): Oid => {
    const oid = objectId(object)
    objects.set(oid, object)
    return oid
  }

  async function change(tree: Oid, folder: Folder, path: string): Promise<Oid> {
    const old = await readTree(tree)
    const bytes = Buffer.from(old)
    const entries = locateEntries(bytes)
    for (const [name, wanted] of folder) {
      const at = entries.get(name)
      const isTree = wanted instanceof Map
      if (at === undefined || !(isTree ? at.type === 'tree' : isFile(at.type))) throw notThere(path + name, isTree)
      const known = bytes.toString('hex', at.oidAt, at.oidAt + 20)
      const oid = isTree
        ? await change(known, wanted, `${path}${name}/`)
        : objectId({ type: 'blob', bytes: wanted as Buffer })
      if (oid === known) continue
      if (!isTree) add({ type: 'blob', bytes: wanted as Buffer })
      bytes.write(oid, at.oidAt, 'hex')
    }
    const changed = objectId({ type: 'tree', bytes })
    return changed === tree ? tree : add({ type: 'tree', bytes, old: { oid: tree, bytes: old } })
  }

  const tree = await change(root, nest(changes), '')
  return { tree, objects }
}

/** Names of a folder with what they become: a folder again, or the bytes of a file. */
type Folder = Map<string, Folder | Buffer>

function nest(changes: readonly FileChange[]): Folder {
  const root: Folder = new Map()
  for (const { path, bytes } of changes) {
    const names = path.split('/')
    const file = names.pop() ?? ''
    let folder = root
    for (const name of names) {
      const inner = folder.get(name) ?? new Map()
      if (!(inner instanceof Map)) throw twice(path)
      folder.set(name, inner)
      folder = inner
    }
    if (folder.has(file)) throw twice(path)
    folder.set(file, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }
  return root
}

function isFile(type: string): boolean {
  return type === 'file' || type === 'executable'
}

function notThere(path: string, isTree: boolean): GitError {
  return new GitError('UNSUPPORTED', `"${path}" is not a ${isTree ? 'folder' : 'file'} there`)
}

function twice(path: string): GitError {
  return new GitError('UNSUPPORTED', `"${path}" is changed twice`)
}

import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { PromiseFsClient } from 'isomorphic-git'
import type { Oid } from '../repository.js'
import { writeAtomically } from '../write-atomically.js'

/** The files of a bare repository as isomorphic-git sees them, of which only the packs are on disk. */
export interface StoreFiles {
  /**
   * References and the shallow file are answered from memory: the one commit that a fetch builds upon, and where its history ends,
   * which is with itself if nothing else is said. What isomorphic-git writes there is dropped, because it moves references before
   * it has the objects.
   */
  client(have?: Oid, ends?: readonly Oid[]): PromiseFsClient
  /** The names in the pack folder, read once. */
  packNames(): Promise<readonly string[]>
  refresh(): void
}

export function storeFiles(folder: string): StoreFiles {
  const packs = packFolder(folder)
  let names: Promise<readonly string[]> | undefined

  function packNames(): Promise<readonly string[]> {
    names ??= readdir(packs).catch(() => [])
    return names
  }

  return {
    packNames,
    refresh() {
      names = undefined
    },
    client(have, ends = have === undefined ? [] : [have]) {
      const virtual = virtualFiles(folder, have, ends)
      const isPack = (path: string) => dirname(path) === packs
      const look = async (path: string) =>
        isPack(path) ? stat(path) : virtual.has(path) ? { isFile: () => true, isDirectory: () => false } : missing()
      return {
        promises: {
          async readFile(path?: string, options?: { encoding?: BufferEncoding } | BufferEncoding) {
            // Each operation of isomorphic-git first calls this without a path, to see that it gives a promise.
            if (path === undefined) return missing()
            if (isPack(path)) return readFile(path)
            const text = virtual.get(path) ?? missing()
            return options === undefined || Object.keys(options).length === 0 ? Buffer.from(text) : text
          },
          async writeFile(path: string, data: Uint8Array) {
            if (!isPack(path)) return
            await writeAtomically(path, data)
            // Whoever looked while it was written has not seen it.
            names = undefined
          },
          readdir: async (path: string) => (path === packs ? [...(await packNames())] : []),
          stat: look,
          lstat: look,
          mkdir: async () => {},
          unlink: async () => {},
          rmdir: async () => {},
          readlink: async () => missing(),
          symlink: async () => {},
        },
      }
    },
  }
}

/** Where a fetch finds the commit that it builds upon. */
export const HAVE_REFERENCE = 'refs/remotes/origin/have'

export function packFolder(folder: string): string {
  return join(folder, 'objects', 'pack')
}

function virtualFiles(folder: string, have: Oid | undefined, ends: readonly Oid[]): ReadonlyMap<string, string> {
  const files = new Map([
    [join(folder, 'config'), '[remote "origin"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'],
  ])
  if (have !== undefined) files.set(join(folder, HAVE_REFERENCE), `${have}\n`)
  if (ends.length > 0) files.set(join(folder, 'shallow'), ends.map((oid) => `${oid}\n`).join(''))
  return files
}

/** One error for all: isomorphic-git probes for a loose file at every object, and a stack trace each costs more than the read. */
const MISSING = Object.assign(new Error('no such file'), { code: 'ENOENT' })

function missing(): never {
  throw MISSING
}

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { fileMatcher } from '../../src/updaters/files.js'
import type { TreeEntry } from '../../src/updaters/git/repository.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { reachOf } from '../../src/updaters/reach.js'
import { createScanner } from '../../src/updaters/scan.js'
import { removeFolder, temporaryFolder } from '../parts/folder.js'

const FILES = 500

test('a look at many files lets other work go on', async () => {
  const folder = await temporaryFolder('scan')
  let turns = 0
  let seen = 0
  const count = () => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  try {
    const names = Array.from({ length: FILES }, (_, index) => `${index}.yaml`)
    const repository = {
      readTree: async () => names.map((name) => ({ name, type: 'file' as const, oid: `${name}/blob` })),
      async *readBlobs(oids: readonly string[]) {
        const before = turns
        for (const oid of oids) yield { oid, bytes: Buffer.from(`image: app:1\n# ${'x'.repeat(1000)}\n`) }
        seen = turns - before
      },
    }
    const scanner = createScanner(repository, await openPlaceIndex(join(folder, 'places')), () => true)
    const files = await scanner.scan({ branch: 'main', commit: 'c', tree: 't' }, AbortSignal.timeout(10_000))
    assert.equal(files.length, FILES)
    assert.ok(seen >= 3, `${seen} turns`)
  } finally {
    clearImmediate(timer)
    await removeFolder(folder)
  }
})

test('a look reads the folders that a glob can reach, and those of one level together', async () => {
  const globs = ['apps/*/base/*.yaml', 'clusters/prod/**']
  const tree = memoryTree([
    ...['apps/a/base/a.yaml', 'apps/a/overlays/x/a.yaml', 'apps/b/base/b.yaml', 'apps/b/base/deep/b.yaml'],
    ...['clusters/prod/apps/deep/c.yaml', 'clusters/dev/d.yaml', 'other/apps/a/base/a.yaml', 'root.yaml'],
  ])
  const folder = await temporaryFolder('scan')
  try {
    const index = await openPlaceIndex(join(folder, 'places'))
    const scanner = createScanner(tree.repository, index, fileMatcher(globs), () => [], reachOf(globs))
    assert.equal(scanner.levels, 3)
    const look = () => scanner.scan({ branch: 'main', commit: 'c', tree: tree.root }, AbortSignal.timeout(10_000))
    const found = await look()
    assert.deepEqual(found.map(({ path }) => path).sort(), [
      'apps/a/base/a.yaml',
      'apps/b/base/b.yaml',
      'clusters/prod/apps/deep/c.yaml',
    ])
    const expected = [
      ['/ 3'],
      ['apps 3', 'clusters 1'],
      ['apps/a 2', 'apps/b 2', 'clusters/prod Infinity'],
      ['apps/a/base 1', 'apps/b/base 1', 'clusters/prod/apps Infinity'],
      ['clusters/prod/apps/deep Infinity'],
    ]
    assert.deepEqual(tree.reads, expected)
    assert.deepEqual(await look(), found)
    assert.deepEqual(tree.reads, expected)
  } finally {
    await removeFolder(folder)
  }
})

/** Trees whose object ids are their paths. Reads that come together are noted together, with the levels that are asked for. */
function memoryTree(paths: readonly string[]) {
  const folders = new Map<string, Map<string, TreeEntry>>()
  const folderAt = (path: string): Map<string, TreeEntry> => {
    const known = folders.get(path) ?? new Map()
    folders.set(path, known)
    return known
  }
  for (const path of paths) {
    const names = path.split('/')
    for (const [index, name] of names.entries()) {
      const oid = names.slice(0, index + 1).join('/')
      const type = index === names.length - 1 ? 'file' : 'tree'
      folderAt(names.slice(0, index).join('/')).set(name, { name, type, oid })
    }
  }
  const reads: string[][] = []
  let open: string[] | undefined
  const repository = {
    async readTree(oid: string, { levels }: { readonly levels?: number | undefined }) {
      if (open === undefined) {
        open = []
        reads.push(open)
      }
      open.push(`${oid || '/'} ${levels}`)
      await turn()
      open = undefined
      return [...folderAt(oid).values()]
    },
    async *readBlobs(oids: readonly string[]) {
      for (const oid of oids) yield { oid, bytes: Buffer.from('image: app:1\n') }
    },
  }
  return { repository, reads, root: '' }
}

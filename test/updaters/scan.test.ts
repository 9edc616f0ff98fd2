import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { fileMatcher } from '../../src/updaters/files.js'
import { GitError } from '../../src/updaters/git/errors.js'
import type { TreeEntry } from '../../src/updaters/git/repository.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { EVERYWHERE, reachOf } from '../../src/updaters/reach.js'
import { createScanner, type ScanMemory, type Scanned, type ScannedFile } from '../../src/updaters/scan.js'
import { openScanMemory } from '../../src/updaters/scan-memory.js'
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

test('looks find after any change what a first look finds, after restarts and losses as well', async () => {
  const folder = await temporaryFolder('scan')
  let runs = 0
  try {
    const path = fc.constantFrom(
      'a',
      'a/b',
      'a/b/c',
      'a/d',
      'd',
      'd/e/f/g',
      'd/e/h',
      'x/y',
      'x/.git',
      'x/..',
      'x/../z',
      'n/y',
    )
    const type = fc.constantFrom<TreeEntry['type']>('file', 'file', 'file', 'executable', 'symlink', 'submodule')
    const files = fc.dictionary(path, fc.record({ type, text: fc.constantFrom('image: app:1', 'image: app:2', '') }))
    const happens = fc.constantFrom('', '', 'restart', 'loss')
    const steps = fc.array(fc.record({ files, happens }), { minLength: 2, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const trees = hashedTrees()
        const wanted = (each: string) => !each.startsWith('n/')
        const reach = { ...EVERYWHERE, into: (name: string) => (name === 'n' ? undefined : EVERYWHERE) }
        const state = join(folder, String(runs++))
        const open = async (name: string, memory?: ScanMemory) =>
          createScanner(trees.repository, await openPlaceIndex(join(state, name)), wanted, () => [], reach, memory)
        const memory = keptMemory()
        let scanner = await open('kept', memory)
        for (const { files, happens } of all) {
          if (happens === 'restart') scanner = await open('kept', memory)
          if (happens === 'loss') trees.forget()
          const snapshot = { branch: 'main', commit: '', tree: trees.add(files) }
          const found = await scanner.scan(snapshot, never)
          assert.deepEqual(byPath(found), byPath(await (await open(`fresh-${runs++}`)).scan(snapshot, never)))
          await memory.save({ tree: snapshot.tree, files: found })
        }
      }),
      { numRuns: 150 },
    )
  } finally {
    await removeFolder(folder)
  }
})

test('a look after a restart reads what has changed, and nothing where it goes by other globs', async () => {
  const folder = await temporaryFolder('scan')
  try {
    const trees = hashedTrees()
    const files = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [
        `apps/${index % 30}/${index}.yaml`,
        { type: 'file' as const, text: `image: app:${index}` },
      ]),
    )
    const open = async (globs: readonly string[]) => {
      const memory = openScanMemory(join(folder, 'memory.json'), globs)
      return createScanner(
        trees.repository,
        await openPlaceIndex(join(folder, 'index')),
        fileMatcher(globs),
        undefined,
        undefined,
        memory,
      )
    }
    const look = async (globs: readonly string[]) => {
      trees.reads.length = 0
      const found = await (await open(globs)).scan({ branch: 'main', commit: '', tree: trees.add(files) }, never)
      return { found: found.length, reads: trees.reads.length }
    }
    assert.deepEqual(await look(['**']), { found: 300, reads: 32 })
    assert.deepEqual(await look(['**']), { found: 300, reads: 0 })
    files['apps/7/new.yaml'] = { type: 'file', text: 'image: app:new' }
    assert.deepEqual(await look(['**']), { found: 301, reads: 6 })
    assert.deepEqual(await look(['apps/7/**']), { found: 11, reads: 32 })
    await writeFile(join(folder, 'memory.json'), '{ "key": ')
    assert.deepEqual(await look(['**']), { found: 301, reads: 32 })
  } finally {
    await removeFolder(folder)
  }
})

const never = new AbortController().signal

function byPath(files: readonly ScannedFile[]): readonly ScannedFile[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function keptMemory(): ScanMemory {
  let kept: Scanned | undefined
  return {
    load: async () => kept,
    async save(scanned) {
      kept = scanned
    },
  }
}

type Listed = Readonly<Record<string, { readonly type: TreeEntry['type']; readonly text: string }>>

/** Trees by the hashes of what is in them, as Git has them. All but those added last can be lost. */
function hashedTrees() {
  const trees = new Map<string, readonly TreeEntry[]>()
  const blobs = new Map<string, string>()
  const reads: string[] = []
  function add(files: Listed): string {
    const entries = new Map<string, TreeEntry>()
    const folders = new Map<string, Record<string, Listed[string]>>()
    for (const [path, file] of Object.entries(files)) {
      const [name = '', ...rest] = path.split('/')
      if (rest.length > 0) folders.set(name, { ...folders.get(name), [rest.join('/')]: file })
      else {
        const oid = hash('sha1', file.text)
        blobs.set(oid, file.text)
        entries.set(name, { name, type: file.type, oid })
      }
    }
    // Where both a file and a folder have the name, it is a folder.
    for (const [name, inside] of folders) entries.set(name, { name, type: 'tree', oid: add(inside) })
    const tree = [...entries.values()]
    const oid = hash('sha1', JSON.stringify(tree))
    trees.set(oid, tree)
    return oid
  }
  const repository = {
    async readTree(oid: string) {
      reads.push(oid)
      const tree = trees.get(oid)
      if (tree === undefined) throw new GitError('STATE', 'tree is lost', { retryable: true })
      return tree
    },
    async *readBlobs(oids: readonly string[]) {
      for (const oid of oids) yield { oid, bytes: Buffer.from(blobs.get(oid) ?? '') }
    },
  }
  return { repository, reads, add, forget: () => trees.clear() }
}

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

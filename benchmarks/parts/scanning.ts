import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buffer, text } from 'node:stream/consumers'
import { parseAllDocuments } from 'yaml'
import { fileMatcher } from '../../src/updaters/files.js'
import { scanManifest } from '../../src/updaters/manifests/scan.js'
import { openPlaceIndex } from '../../src/updaters/place-index.js'
import { createScanner } from '../../src/updaters/scan.js'
import { memoryTree } from './memory-tree.js'
import { mixedFiles } from './mixed-files.js'
import { serve } from './worker.js'

export type ScanOrder =
  /** Every file out of Git by its own programs, and what is in those that `parse` or `scan` names. */
  | { readonly type: 'read' }
  | { readonly type: 'parse'; readonly files: 'with images' | 'all' }
  | { readonly type: 'scan' }
  /** The scanner's look, upon trees in memory; the first one reads everything. */
  | { readonly type: 'look'; readonly change?: string }

/** Alone in a process. `apps` is how many have their files in memory, and 0 where the repository is read instead. */
const [path = '', index = '', apps = ''] = process.argv.slice(2)
const files = mixedFiles(Number(apps))
const inMemory = Object.entries(files).map(([path, content]) => ({ path, bytes: Buffer.from(content) }))
const tree = memoryTree(files)
const scanner = createScanner(tree.repository, await openPlaceIndex(index), fileMatcher())
const matches = fileMatcher()

serve<ScanOrder, number>(
  async (order) => {
    if (order.type === 'look') {
      if (order.change !== undefined) tree.change(order.change, Buffer.from(`image: app:1 # ${performance.now()}\n`))
      return (await scanner.scan(tree.snapshot(), AbortSignal.timeout(60_000))).length
    }
    const all = inMemory.length > 0 ? inMemory : await readAll()
    const wanted = all.filter(({ path }) => matches(path))
    if (order.type === 'read') return all.length
    return order.type === 'scan' ? scanAll(wanted) : parseAll(wanted, order.files === 'all')
  },
  async () => {},
)

interface File {
  readonly path: string
  readonly bytes: Buffer
}

/** How many places there are. */
function scanAll(files: readonly File[]): number {
  let places = 0
  for (const { path, bytes } of files)
    places += scanManifest(path.slice(path.lastIndexOf('/') + 1), bytes).places.length
  return places
}

function parseAll(files: readonly File[], isAll: boolean): number {
  let documents = 0
  for (const { bytes } of files) {
    if (isAll || bytes.includes('image:'))
      documents += parseAllDocuments(bytes.toString(), { logLevel: 'silent' }).length
  }
  return documents
}

async function readAll(): Promise<readonly File[]> {
  const list = spawn('git', ['-C', path, 'ls-tree', '-r', '-z', '--format=%(objectname) %(path)', 'main'])
  const entries = (await text(list.stdout)).split('\0').slice(0, -1)
  const cat = spawn('git', ['-C', path, 'cat-file', '--batch', '--buffer'])
  cat.stdin.end(entries.map((entry) => `${entry.slice(0, 40)}\n`).join(''))
  const [output] = await Promise.all([buffer(cat.stdout), once(cat, 'exit')])
  let at = 0
  return entries.map((entry) => {
    const start = output.indexOf('\n', at) + 1
    const size = Number(output.toString('latin1', at, start).split(' ')[2])
    at = start + size + 1
    return { path: entry.slice(41), bytes: output.subarray(start, start + size) }
  })
}

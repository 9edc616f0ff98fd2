import { scanManifest } from '../../src/updaters/manifests/scan.js'
import { git } from '../../test/parts/git-server.js'
import { serve } from './worker.js'

/** First every file of the branch is read into memory, then the places are found in all of them. */
export interface ParseOrder {
  readonly step: 'read' | 'parse'
}

const [path = ''] = process.argv.slice(2)
const files: { readonly name: string; readonly bytes: Buffer }[] = []

serve<ParseOrder, number>(
  async ({ step }) => {
    if (step === 'read') await read()
    else for (const { name, bytes } of files) scanManifest(name, bytes)
    return files.length
  },
  async () => {},
)

async function read(): Promise<void> {
  const listed = (await git(path, ['ls-tree', '-r', '--format=%(objectname) %(path)', 'main'])).toString().trimEnd()
  // What has the same bytes and the same name is parsed once.
  const names = new Map(
    listed.split('\n').map((line) => [line.slice(0, 41) + line.slice(line.lastIndexOf('/') + 1), line]),
  )
  const lines = [...names.values()]
  const input = lines.map((line) => `${line.slice(0, 40)}\n`).join('')
  const printed = await git(path, ['cat-file', '--batch', '--buffer'], { input })
  let at = 0
  for (const line of lines) {
    const start = printed.indexOf(10, at) + 1
    const size = Number(printed.toString('latin1', at, start).split(' ')[2])
    files.push({ name: line.slice(line.lastIndexOf('/') + 1), bytes: printed.subarray(start, start + size) })
    at = start + size + 1
  }
}

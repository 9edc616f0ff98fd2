import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { commitFiles, createRepository, git } from '../test/parts/git-server.js'
import { ms, printTable, quantile } from './parts/figures.js'
import { mixedFiles } from './parts/mixed-files.js'
import type { ScanOrder } from './parts/scanning.js'
import { type Spent, startWorker } from './parts/worker.js'

/**
 * Finding the places of 50,000 files, beside native Git that reads them and the `yaml` package that parses them: each in a process of
 * its own that has done nothing before, in turns. Then what one changed file costs.
 */
const APPS = 2_000
const ROUNDS = 3
const CHANGES = 20

// 50,000 files are a test of the disk otherwise.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

const script = new URL('./parts/scanning.ts', import.meta.url)
const folder = await temporaryFolder('benchmark')
try {
  const repository = join(folder, 'repository.git')
  const files = mixedFiles(APPS)
  await createRepository(repository)
  await commitFiles(repository, 'main', files)
  await git(repository, ['gc', '--quiet'])
  const withImages = Object.values(files).filter((content) => String(content).includes('image:')).length
  console.log(`${Object.keys(files).length} files, ${withImages} of them with images`)
  await compare(repository)
  await lookAgain(repository)
} finally {
  await removeFolder(folder)
}

async function compare(repository: string): Promise<void> {
  const works: readonly Work[] = [
    { name: 'Git alone', order: { type: 'read' } },
    { name: 'Git, parser of the files with images', order: { type: 'parse', files: 'with images' } },
    { name: 'Git, parser of all YAML', order: { type: 'parse', files: 'all' } },
    { name: 'Git, ours', order: { type: 'scan' } },
    { name: 'ours, read before', order: { type: 'scan' }, apps: APPS },
  ]
  const spent = works.map((): Spent[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { order, apps = 0 }] of works.entries()) {
      const worker = await startWorker<ScanOrder, number>(script, [repository, join(folder, 'index'), String(apps)])
      spent[index]?.push(await worker.run(order))
      await worker.stop()
    }
  }
  const yardstick = quantile((spent[1] ?? []).map(({ wallMs }) => wallMs))
  printTable(
    ['', 'wall ms', 'ratio', 'CPU ms', 'peak MiB'],
    works.map(({ name }, index) => {
      const of = (what: keyof Spent) => quantile((spent[index] ?? []).map((each) => each[what]))
      return [name, ms(of('wallMs')), (of('wallMs') / yardstick).toFixed(2), ms(of('cpuMs')), of('peakMiB').toFixed(0)]
    }),
  )
}

interface Work {
  readonly name: string
  readonly order: ScanOrder
  /** Whose files are in memory already. */
  readonly apps?: number
}

async function lookAgain(repository: string): Promise<void> {
  const worker = await startWorker<ScanOrder, number>(script, [repository, join(folder, 'places'), String(APPS)])
  const first = await worker.run({ type: 'look' })
  const others: Spent[] = []
  for (let index = 0; index < CHANGES; index++)
    others.push(await worker.run({ type: 'look', change: `apps/team-${index}/app-3/base/deployment.yaml` }))
  await worker.stop()
  const wall = others.map(({ wallMs }) => wallMs)
  console.log(`the scanner's first look, trees and index included: ${ms(first.wallMs)} ms`)
  console.log(`after one changed file: median ${ms(quantile(wall))} ms, most ${ms(Math.max(...wall))} ms`)
}

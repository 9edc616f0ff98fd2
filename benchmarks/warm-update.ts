import { existsSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { commitFiles, git, startGitServer } from '../test/parts/git-server.js'
import { ms, printTable, quantile } from './parts/figures.js'
import { appAt, FILES_PER_APP, fleetFiles, imageLine } from './parts/fleet.js'
import { startNativeGit } from './parts/native-git.js'
import type { UpdateOrder, UpdateResult } from './parts/reconciling.js'
import { type Spent, startWorker } from './parts/worker.js'

/**
 * Writing one image into a repository of 50,000 files: our reconciler in a process of its own beside native Git's plumbing on
 * a kept bare mirror, in turns, each upon a repository of its own on one server. Wall and CPU time of the client alone.
 */

const APPS = 2_000
const POLICIES = 100
const ROUNDS = 15

// 50,000 files are a test of the disk otherwise.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

const script = new URL('./parts/reconciling.ts', import.meta.url)
const server = await startGitServer()
const folder = await temporaryFolder('benchmark')
try {
  const repositories = await prepare()
  await compare(repositories)
} finally {
  await server.stop()
  await removeFolder(folder)
}

interface Repositories {
  readonly ours: { readonly url: string; readonly path: string }
  readonly native: { readonly url: string; readonly path: string }
}

async function prepare(): Promise<Repositories> {
  const ours = await server.create('ours', fleetFiles(APPS))
  await git(ours.path, ['gc', '--quiet'])
  await cp(ours.path, join(server.folder, 'native.git'), { recursive: true })
  return { ours, native: { url: `${server.url}/native.git`, path: join(server.folder, 'native.git') } }
}

async function compare({ ours, native }: Repositories): Promise<void> {
  const mirror = join(folder, 'native')
  await mkdir(mirror)
  const shell = await startNativeGit(native.url, mirror)
  const open = () => startWorker<UpdateOrder, UpdateResult>(script, [ours.url, join(folder, 'state'), String(POLICIES)])
  let worker = await open()
  let tag = 0
  const update = async () => {
    const spent = await worker.run({ tag: `1.0.${++tag}` })
    if (spent.result.changes !== 1) throw new Error(`Cannot measure: ${spent.result.changes} changes instead of 1`)
    return spent
  }

  console.log(`${APPS * FILES_PER_APP} files, ${APPS * 5} of them with images; ${POLICIES} policies, one image changes`)
  const nativeCold = await shell.cold()
  const cold = await update()
  await worker.stop()
  worker = await open()
  const restarted = await update()

  const quiet = rounds()
  const busy = rounds()
  let nativeTag = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, spent] of [
      ['quiet', quiet],
      ['busy', busy],
    ] as const) {
      if (kind === 'busy') for (const { path } of [ours, native]) await somebodyCommits(path, round)
      spent.ours.push(await update())
      const app = appAt(0)
      const [from, to] = [imageLine(app, `1.0.${nativeTag}`), imageLine(app, `1.0.${++nativeTag}`)]
      spent.native.push(await shell.update({ file: app.file, from, to }))
    }
  }
  await worker.stop()
  await shell.stop()

  printTable(
    ['', 'ours ms', 'native ms', 'ratio', 'ours CPU ms', 'native CPU ms', 'ratio', 'peak MiB'],
    [
      rowOf('first pass, everything read', { ours: [cold], native: [nativeCold] }),
      rowOf('first update after a restart', { ours: [restarted], native: [] }),
      rowOf('update, nobody else pushed', quiet),
      rowOf('update, somebody else pushed', busy),
    ],
  )
}

interface Rounds {
  readonly ours: Spent[]
  readonly native: Pick<Spent, 'wallMs' | 'cpuMs'>[]
}

function rounds(): Rounds {
  return { ours: [], native: [] }
}

/** Another file than ours each time, of another app. */
async function somebodyCommits(path: string, round: number): Promise<void> {
  const file = appAt(1_000 + round).file.replace('deployment', 'configmap')
  await commitFiles(path, 'main', { [file]: `kind: ConfigMap\ndata: { round: "${round}" }\n` })
}

function rowOf(name: string, { ours, native }: Rounds): (string | number)[] {
  const figures = (['wallMs', 'cpuMs'] as const).flatMap((what) => {
    const mine = quantile(ours.map((spent) => spent[what]))
    const theirs = quantile(native.map((spent) => spent[what]))
    return native.length === 0 ? [ms(mine), '', ''] : [ms(mine), ms(theirs), (mine / theirs).toFixed(2)]
  })
  return [name, ...figures, Math.max(...ours.map(({ peakMiB }) => peakMiB)).toFixed(0)]
}

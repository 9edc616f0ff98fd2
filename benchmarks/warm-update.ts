import { existsSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { commitFiles, type GitServer, git, startGitServer } from '../test/parts/git-server.js'
import { ms, printTable, quantile } from './parts/figures.js'
import { appAt, FILES_PER_APP, fleetFiles, imageLine } from './parts/fleet.js'
import { startNativeGit } from './parts/native-git.js'
import type { ParseOrder } from './parts/parsing.js'
import type { UpdateOrder, UpdateResult } from './parts/reconciling.js'
import { type Spent, startWorker } from './parts/worker.js'

/**
 * Writing one image into a repository of 50,000 files: our reconciler with each of its two engines in a process of its own beside
 * native Git's plumbing on a kept bare mirror, in turns, each upon a repository of its own. Wall and CPU time of the client alone.
 */

const APPS = 2_000
const POLICIES = 100
const ROUNDS = 15

// 50,000 files are a test of the disk otherwise.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

const ENGINES = ['wire', 'isomorphic'] as const
const CLIENTS = [...ENGINES, 'native'] as const
type Engine = (typeof ENGINES)[number]
type Client = (typeof CLIENTS)[number]
type Cost = Pick<Spent, 'wallMs' | 'cpuMs'> & { readonly peakMiB?: number }
type Costs = Record<Client, Cost[]>

const script = (name: string) => new URL(`./parts/${name}.ts`, import.meta.url)
// The engine is chosen by what the server can do.
const servers: Readonly<Record<Client, GitServer>> = {
  wire: await startGitServer(),
  isomorphic: await startGitServer(),
  native: await startGitServer(),
}
servers.isomorphic.before = ({ headers }) => {
  delete headers['git-protocol']
  return undefined
}
const folder = await temporaryFolder('benchmark')
/** The last tag that each has written. */
const tags: Record<Client, number> = { wire: 0, isomorphic: 0, native: 0 }
try {
  await prepare()
  await compare()
} finally {
  for (const server of Object.values(servers)) await server.stop()
  await removeFolder(folder)
}

function pathOf(client: Client): string {
  return join(servers[client].folder, 'fleet.git')
}

function urlOf(client: Client): string {
  return `${servers[client].url}/fleet.git`
}

async function prepare(): Promise<void> {
  const { path } = await servers.native.create('fleet', fleetFiles(APPS))
  await git(path, ['gc', '--quiet'])
  for (const engine of ENGINES) await cp(path, pathOf(engine), { recursive: true })
}

async function compare(): Promise<void> {
  console.log(`${APPS * FILES_PER_APP} files, ${APPS * 5} of them with images; ${POLICIES} policies, one image changes`)
  const named = costs()
  for (let round = 0; round < 3; round++) await updateOneFile(named, round)

  const shell = await startNativeGit(urlOf('native'), await newFolder('native'))
  const updaters = { wire: await openUpdater('wire'), isomorphic: await openUpdater('isomorphic') }
  const [cold, restarted, quiet, busy] = [costs(), costs(), costs(), costs()]
  const [reading, parsing] = [await shell.cold(), await parseEverything()]
  cold.native.push({ wallMs: reading.wallMs + parsing.wallMs, cpuMs: reading.cpuMs + parsing.cpuMs })
  for (const engine of ENGINES) {
    cold[engine].push(await updaters[engine].update())
    await updaters[engine].restart()
    restarted[engine].push(await updaters[engine].update())
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const spent of [quiet, busy]) {
      if (spent === busy) for (const client of CLIENTS) await somebodyCommits(client, round)
      for (const engine of ENGINES) spent[engine].push(await updaters[engine].update())
      spent.native.push(await shell.update(nextChange()))
    }
  }
  for (const engine of ENGINES) await updaters[engine].stop()
  await shell.stop()

  printTable(
    [
      '',
      'wire ms',
      'isomorphic ms',
      'native ms',
      'wire / native',
      'CPU: wire',
      'isomorphic',
      'native',
      'wire / native',
      'peak MiB: wire',
      'isomorphic',
    ],
    [
      rowOf('first update, its file named', named),
      rowOf('first pass, everything read', cold),
      rowOf('first update after a restart', restarted),
      rowOf('update, nobody else pushed', quiet),
      rowOf('update, somebody else pushed', busy),
    ],
  )
}

/** Nothing is kept, and the policies name the one file; native Git clones without files, and fetches the one. */
async function updateOneFile(spent: Costs, round: number): Promise<void> {
  const shell = await startNativeGit(urlOf('native'), await newFolder(`native-${round}`))
  spent.native.push(await shell.updateCold(nextChange()))
  await shell.stop()
  for (const engine of ENGINES) {
    const updater = await openUpdater(engine, `${engine}-${round}`, appAt(0).file)
    spent[engine].push(await updater.update())
    await updater.stop()
  }
}

interface Updater {
  update(): Promise<Spent>
  restart(): Promise<void>
  stop(): Promise<void>
}

async function openUpdater(engine: Engine, state: string = engine, files = ''): Promise<Updater> {
  const args = [urlOf(engine), join(folder, state), String(POLICIES), files]
  const open = () => startWorker<UpdateOrder, UpdateResult>(script('reconciling'), args)
  let worker = await open()
  return {
    async update() {
      const spent = await worker.run({ tag: `1.0.${++tags[engine]}` })
      if (spent.result.changes !== 1) throw new Error(`Cannot measure: ${spent.result.changes} changes instead of 1`)
      return spent
    },
    async restart() {
      await worker.stop()
      worker = await open()
    },
    stop: () => worker.stop(),
  }
}

function nextChange(): { readonly file: string; readonly from: string; readonly to: string } {
  const app = appAt(0)
  const [from, to] = [imageLine(app, `1.0.${tags.native}`), imageLine(app, `1.0.${++tags.native}`)]
  return { file: app.file, from, to }
}

/** What finding the places in every file costs in a process of its own, which is given the files. */
async function parseEverything(): Promise<Spent> {
  const worker = await startWorker<ParseOrder, number>(script('parsing'), [pathOf('native')])
  await worker.run({ step: 'read' })
  const spent = await worker.run({ step: 'parse' })
  await worker.stop()
  return spent
}

/** Another file than ours each time, of another app. */
async function somebodyCommits(client: Client, round: number): Promise<void> {
  const file = appAt(1_000 + round).file.replace('deployment', 'configmap')
  await commitFiles(pathOf(client), 'main', { [file]: `kind: ConfigMap\ndata: { round: "${round}" }\n` })
}

async function newFolder(name: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  return path
}

function costs(): Costs {
  return { wire: [], isomorphic: [], native: [] }
}

function rowOf(name: string, spent: Costs): (string | number)[] {
  const figures = (['wallMs', 'cpuMs'] as const).flatMap((what) => {
    const [wire = 0, isomorphic = 0, native = 0] = CLIENTS.map((client) =>
      quantile(spent[client].map((cost) => cost[what])),
    )
    const ours = [ms(wire), ms(isomorphic)]
    return spent.native.length === 0 ? [...ours, '', ''] : [...ours, ms(native), (wire / native).toFixed(2)]
  })
  const peaks = ENGINES.map((engine) => Math.max(...spent[engine].map(({ peakMiB = 0 }) => peakMiB)).toFixed(0))
  return [name, ...figures, ...peaks]
}

import { existsSync } from 'node:fs'
import { removeFolder, temporaryFolder } from '../test/parts/folder.js'
import { CLIENTS, type Client, type Contest, type Cost, type Engine, openContest } from './parts/contest.js'
import { ms, printTable, quantile } from './parts/figures.js'
import { FILES_PER_APP } from './parts/fleet.js'
import type { ParseOrder } from './parts/parsing.js'
import { startWorker } from './parts/worker.js'

/**
 * Writing images into a repository of 50,000 files and one of 200: our reconciler with each of its two engines in a process of its
 * own beside native Git's plumbing, in turns, each upon a copy of its own. Wall and CPU time of the client alone.
 */

const SIZES = { large: 2_000, small: 8 }
const MANY = 500
const REFERENCES = 25_000
const rounds = Number(process.argv[2] ?? 15)
const coldRounds = Math.ceil(rounds / 4)

// 50,000 files are a test of the disk otherwise.
if (existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'

/** What each client spent on one thing. */
type Costs = Partial<Record<Client, Cost[]>>
const table = new Map<string, Costs>()
const folder = await temporaryFolder('benchmark')
try {
  for (const [size, apps] of Object.entries(SIZES)) await compare(size, apps)
  print()
} finally {
  await removeFolder(folder)
}

async function compare(size: string, apps: number): Promise<void> {
  const state = await temporaryFolder('benchmark')
  const contest = await openContest(apps, state)
  try {
    console.log(`${size}: ${apps * FILES_PER_APP} files`)
    await compareCold(contest, size, 1)
    if (apps > MANY) await compareCold(contest, size, MANY)
    await compareWarm(contest, size, Math.min(100, apps))
  } finally {
    await contest.stop()
    await removeFolder(state)
  }
}

function note(row: string, client: Client, cost: Cost): void {
  const costs = table.get(row) ?? {}
  table.set(row, { ...costs, [client]: [...(costs[client] ?? []), cost] })
}

/** Nothing is kept, and policies name the files; native Git clones without files, and fetches those. */
async function compareCold(contest: Contest, size: string, images: number): Promise<void> {
  const row = `${size}: first update, ${images === 1 ? 'its file' : `${images} files`} named`
  for (let round = 0; round < coldRounds; round++) {
    for (const engine of enginesOf(round)) {
      const updater = await contest.engine(engine, `${engine}-${images}-${round}`, images, true)
      note(row, engine, await updater.update(images))
      await updater.stop()
    }
    const native = await contest.native()
    note(row, 'native', await native.updateCold(images))
    await native.stop()
  }
}

/** The other engine takes its time with what is new. */
function enginesOf(round: number): readonly Engine[] {
  return round === 0 ? ['wire', 'isomorphic'] : ['wire']
}

async function compareWarm(contest: Contest, size: string, policies: number): Promise<void> {
  const open = (engine: Engine, state: string) => contest.engine(engine, state, policies)
  await readByNative(contest, size)
  for (let round = 1; round < coldRounds; round++) {
    const updater = await open('wire', `wire-${round}`)
    note(`${size}: first pass, everything read`, 'wire', await updater.update())
    await updater.stop()
    await readByNative(contest, size)
  }
  const updaters = { wire: await open('wire', 'wire'), isomorphic: await open('isomorphic', 'isomorphic') }
  const native = await contest.native()
  await native.readCold()
  for (const engine of enginesOf(0)) {
    note(`${size}: first pass, everything read`, engine, await updaters[engine].update())
    await updaters[engine].restart()
    note(`${size}: first update after a restart`, engine, await updaters[engine].update())
  }
  const update = (client: Client) => (client === 'native' ? native : updaters[client]).update()
  const takeTurns = async (suffix: string, clients: readonly Client[]) => {
    for (let round = 0; round < rounds; round++) {
      for (const client of clients) note(`${size}: update, nobody else pushed${suffix}`, client, await update(client))
      for (const client of clients) await contest.somebodyCommits(client, round)
      for (const client of clients) note(`${size}: update, somebody else pushed${suffix}`, client, await update(client))
    }
  }
  await takeTurns('', CLIENTS)
  for (let round = 0; round < coldRounds; round++)
    note(`${size}: to know that a push comes too late`, 'wire', await updaters.wire.lose(round))
  await updaters.wire.update()
  await contest.addReferences(REFERENCES)
  await takeTurns(`, ${REFERENCES} references`, ['wire', 'native'])
  for (const engine of enginesOf(0)) await updaters[engine].stop()
  await native.stop()
}

/** Native Git reads every file; to that is added what it costs to find the places in them in a process of its own. */
async function readByNative(contest: Contest, size: string): Promise<void> {
  const native = await contest.native()
  const reading = await native.readCold()
  await native.stop()
  const parser = await startWorker<ParseOrder, number>(new URL('./parts/parsing.ts', import.meta.url), [
    contest.pathOf('native'),
  ])
  await parser.run({ step: 'read' })
  const parsing = await parser.run({ step: 'parse' })
  await parser.stop()
  const { requests } = reading
  const cost = { wallMs: reading.wallMs + parsing.wallMs, cpuMs: reading.cpuMs + parsing.cpuMs, requests }
  note(`${size}: first pass, everything read`, 'native', cost)
}

function print(): void {
  const headings = ['wire', 'isomorphic', 'native', 'wire / native']
  for (const [title, what] of [
    ['ms', 'wallMs'],
    ['CPU ms', 'cpuMs'],
  ] as const) {
    console.log()
    printTable(
      [title, ...headings],
      [...table].map(([row, costs]) => {
        const [wire, isomorphic, native] = CLIENTS.map((client) => median(costs[client], what))
        const ratio = wire === undefined || native === undefined ? '' : (wire / native).toFixed(2)
        return [row, ...[wire, isomorphic, native].map((value) => (value === undefined ? '' : ms(value))), ratio]
      }),
    )
  }
  console.log()
  printTable(
    ['wire', 'requests', 'requests of native', 'longest stall ms', 'peak MiB', 'peak MiB of isomorphic'],
    [...table].map(([row, { wire, isomorphic, native }]) => [
      row,
      ...[median(wire, 'requests'), median(native, 'requests'), median(wire, 'stallMs')].map((value) =>
        value === undefined ? '' : value.toFixed(0),
      ),
      most(wire),
      most(isomorphic),
    ]),
  )
}

function median(costs: readonly Cost[] | undefined, what: 'wallMs' | 'cpuMs' | 'stallMs' | 'requests') {
  return costs && quantile(costs.map((cost) => cost[what] ?? 0))
}

function most(costs: readonly Cost[] | undefined): string {
  return costs === undefined ? '' : Math.max(...costs.map(({ peakMiB = 0 }) => peakMiB)).toFixed(0)
}
